"use client";

import { isWithin, type Role } from "@madang/core/identity/permission";
import { Ellipsis, LogOut, User, UserMinus, UserPen, Users } from "lucide-react";
import { useTranslations } from "next-intl";
import type { MemberRow } from "../../lib/rows.ts";
import { useMe } from "../../lib/use-me.ts";
import { RoleBadge } from "../role/role-badge.tsx";
import { Moment } from "../timeline/moment.tsx";
import { IconButton } from "../ui/button.tsx";
import type { Column } from "../ui/data-table.tsx";
import { Menu, MenuItem } from "../ui/menu.tsx";

type MemberColumns = {
  /** Why the reader may change nothing. */
  blocked: string | null;
  /** The reader's own roles here. */
  held: readonly Role[];
  onAsk: (kind: "change" | "remove", member: MemberRow) => void;
};

function MemberName({ row }: { row: MemberRow }) {
  const t = useTranslations("members");
  const me = useMe();
  const Icon = row.kind === "group" ? Users : User;
  const marks = [
    ...(row.id === me.user.id ? [t("you")] : []),
    ...(row.enabled ? [] : [t("disabled")]),
    ...(row.members === null ? [] : [t("people", { count: row.members })]),
  ];
  return (
    <span className="flex items-start gap-2">
      <Icon aria-hidden className="mt-0.5 size-4 shrink-0 text-muted" />
      <span className="flex min-w-0 flex-col">
        <span className="font-medium break-words">
          <span className="sr-only">{t(row.kind)} </span>
          {row.name}
          {marks.length > 0 ? (
            <span className="ml-1.5 text-label font-normal text-muted">{marks.join(" · ")}</span>
          ) : null}
        </span>
        {row.email ? <span className="text-label break-all text-muted">{row.email}</span> : null}
      </span>
    </span>
  );
}

function MemberRoles({ row }: { row: MemberRow }) {
  const t = useTranslations("members");
  return (
    <span className="flex flex-wrap gap-1">
      {row.roles.map(({ role, by }) => (
        <RoleBadge key={role} role={role} title={by ? t("givenBy", { name: by }) : undefined} />
      ))}
      {row.via.flatMap((group) =>
        group.roles.map((role) => (
          <RoleBadge key={`${group.id} ${role}`} role={role} title={t("via", { group: group.name })}>
            {t("via", { group: group.name })}
          </RoleBadge>
        )),
      )}
    </span>
  );
}

function Since({ row }: { row: MemberRow }) {
  const t = useTranslations("members");
  const latest = row.roles.toSorted((left, right) => right.since.getTime() - left.since.getTime())[0];
  if (!latest) return null;
  return (
    <span className="flex flex-col">
      <Moment date={latest.since} />
      {latest.by ? <span className="text-label break-words">{t("givenBy", { name: latest.by })}</span> : null}
    </span>
  );
}

export function useMemberColumns({ blocked, held, onAsk }: MemberColumns): Column<MemberRow>[] {
  const t = useTranslations("members");
  const tRoles = useTranslations("roles");
  const me = useMe();
  const blockedFor = (row: MemberRow) => {
    if (blocked) return blocked;
    if (row.roles.length === 0) return t("byGroup");
    return row.roles.every(({ role }) => isWithin(role, held)) ? null : tRoles("aboveOwn");
  };
  return [
    { key: "name", title: t("columns.name"), sort: "name", cell: (row) => <MemberName row={row} /> },
    { key: "roles", title: t("columns.roles"), cell: (row) => <MemberRoles row={row} /> },
    {
      key: "since",
      title: t("columns.since"),
      className: "hidden text-muted @2xl:table-cell",
      cell: (row) => <Since row={row} />,
    },
    {
      key: "actions",
      title: <span className="sr-only">{t("columns.actions")}</span>,
      className: "w-px text-right",
      cell: (row) => (
        <Menu
          trigger={
            <IconButton size="iconSmall" label={t("menu", { name: row.name })}>
              <Ellipsis aria-hidden />
            </IconButton>
          }
        >
          <MenuItem
            icon={<UserPen aria-hidden />}
            blocked={blockedFor(row)}
            onSelect={() => onAsk("change", row)}
          >
            {t("change")}
          </MenuItem>
          <MenuItem
            danger
            icon={row.id === me.user.id ? <LogOut aria-hidden /> : <UserMinus aria-hidden />}
            blocked={blockedFor(row)}
            onSelect={() => onAsk("remove", row)}
          >
            {t(row.id === me.user.id ? "leave" : "remove")}
          </MenuItem>
        </Menu>
      ),
    },
  ];
}
