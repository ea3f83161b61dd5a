"use client";

import { wordFilter } from "@madang/core/filter/print";
import type { Role } from "@madang/core/identity/permission";
import { useQuery } from "@tanstack/react-query";
import { User, Users, X } from "lucide-react";
import { useTranslations } from "next-intl";
import { useDeferredValue, useId, useState } from "react";
import { failureOf } from "../../lib/failure.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { RoleNotes } from "../role/role-notes.tsx";
import { IconButton } from "../ui/button.tsx";
import { Combobox } from "../ui/combobox.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Select } from "../ui/input.tsx";

export type PickedMember = { kind: "user" | "group"; id: string; name: string; note: string; role: Role };
type Found = Omit<PickedMember, "role">;

/** Of each kind; who types more letters sees fewer. */
const shownFound = 8;
/** "admin" in a project is an administrator's own; it is given on the project's page. */
const givenRoles = ["manager", "member", "reader"] as const;

/** Nothing while it is out of date: Enter must not take somebody whom the text before found. */
function useFound(text: string, picked: readonly PickedMember[]) {
  const trpc = useTRPC();
  const wanted = useDeferredValue(text.trim());
  const options = { enabled: wanted !== "" };
  const filter = { text: wordFilter(wanted) };
  const users = useQuery({
    ...trpc.admin.user.list.queryOptions({ filter: { ...filter, state: "enabled" }, limit: shownFound }),
    ...options,
  });
  const groups = useQuery({
    ...trpc.admin.group.list.queryOptions({ filter, limit: shownFound }),
    ...options,
  });
  const taken = new Set(picked.map(({ id }) => id));
  const all: Found[] = [
    ...(users.data?.items ?? []).map(({ id, name, email }) => ({
      kind: "user" as const,
      id,
      name,
      note: email ?? "",
    })),
    ...(groups.data?.items ?? []).map(({ id, name, description }) => ({
      ...{ kind: "group" as const, id, name, note: description },
    })),
  ];
  const ready = users.isSuccess && groups.isSuccess && wanted === text.trim();
  const thrown = users.error ?? groups.error;
  const retry = () => {
    if (users.isError) void users.refetch();
    if (groups.isError) void groups.refetch();
  };
  return {
    items: ready ? all.filter(({ id }) => !taken.has(id)) : [],
    ready,
    failure: thrown ? failureOf(thrown) : null,
    retry,
  };
}

const icons = { user: User, group: Users };

type MemberPickerProps = { picked: PickedMember[]; onChange: (picked: PickedMember[]) => void };

/** Users and groups with the role that each gets. Whoever comes first is usually the one who manages it. */
export function MemberPicker({ picked, onChange }: MemberPickerProps) {
  const t = useTranslations("admin.projects.form");
  const tCommon = useTranslations("common");
  const id = useId();
  const [text, setText] = useState("");
  const { items, ready, failure, retry } = useFound(text, picked);
  const nothing = ready ? t("noneFound", { text: text.trim() }) : tCommon("loading");
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-col gap-1.5">
        <span aria-hidden className="text-table font-medium">
          {t("find")}
        </span>
        <Combobox
          open={text.trim() !== ""}
          label={t("find")}
          describedBy={`${id}-help`}
          text={text}
          onText={setText}
          items={items}
          itemKey={(item) => item.id}
          nothing={failure ? null : nothing}
          onChoose={(item) => {
            setText("");
            onChange([...picked, { ...item, role: picked.length === 0 ? "manager" : "member" }]);
          }}
          show={(item) => <Who member={item} />}
        />
        {failure ? <FailureNotice failure={failure} onRetry={retry} /> : null}
        <p id={`${id}-help`} className="text-label text-muted">
          {t("findHelp")}
        </p>
      </div>
      <Picked picked={picked} onChange={onChange} />
      <RoleNotes chosen={picked.map(({ role }) => role)} />
    </div>
  );
}

function Who({ member }: { member: Found }) {
  const t = useTranslations("admin.projects.form");
  const Icon = icons[member.kind];
  return (
    <>
      <Icon aria-hidden className="size-4 shrink-0 text-muted" />
      <span className="min-w-0 truncate">{member.name}</span>
      <span className="min-w-0 truncate text-label text-muted">
        {member.kind === "group" ? t("group") : member.note}
      </span>
    </>
  );
}

function Picked({ picked, onChange }: MemberPickerProps) {
  const t = useTranslations("admin.projects.form");
  if (picked.length === 0) return <p className="text-table text-muted">{t("nobody")}</p>;
  return (
    <ul className="rounded-control border">
      {picked.map((member) => (
        <li
          key={member.id}
          className="flex flex-wrap items-center gap-2 border-b px-2.5 py-1.5 text-table last:border-b-0"
        >
          <span className="flex min-w-0 flex-1 items-center gap-2">
            <Who member={member} />
          </span>
          <Select
            aria-label={t("roleOf", { name: member.name })}
            value={member.role}
            className="w-32"
            onChange={(event) => {
              const role = givenRoles.find((one) => one === event.target.value) ?? member.role;
              onChange(picked.map((one) => (one.id === member.id ? { ...one, role } : one)));
            }}
          >
            {givenRoles.map((role) => (
              <option key={role} value={role}>
                {role}
              </option>
            ))}
          </Select>
          <IconButton
            size="iconSmall"
            label={t("remove", { name: member.name })}
            onClick={() => onChange(picked.filter(({ id }) => id !== member.id))}
          >
            <X aria-hidden />
          </IconButton>
        </li>
      ))}
    </ul>
  );
}
