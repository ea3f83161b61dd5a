"use client";

import { wordFilter } from "@madang/core/filter/print";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { UserMinus, UserPlus } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { failureOf } from "../../lib/failure.ts";
import type { GroupDetail, UserRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useFailureToast } from "../../lib/use-failure-toast.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { useQueryState } from "../../lib/use-query-state.ts";
import { MoreRows } from "../list/more-rows.tsx";
import { rowsOf } from "../list/pages.ts";
import { Button, IconButton } from "../ui/button.tsx";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { type Column, DataTable } from "../ui/data-table.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { RowLink } from "../ui/row-link.tsx";
import { Section } from "../ui/section.tsx";
import { TextFilter } from "../ui/text-filter.tsx";
import { useUsers } from "../user/use-users.ts";
import { UserState } from "../user/user-state.tsx";
import { AddPeopleDialog } from "./add-people-dialog.tsx";

const skeletonRows = 3;

/** Who is in the group, page by page. */
export function GroupMembers({ group }: { group: GroupDetail }) {
  const t = useTranslations("admin.groups");
  const tReasons = useTranslations("reasons");
  const blocked = usePermission("group:manage", null) ? null : tReasons("notPermitted");
  const [text, setText] = useQueryState("q");
  const [adding, setAdding] = useState(false);
  const [leaving, setLeaving] = useState<UserRow | null>(null);
  const query = useUsers({ groupId: group.id, ...(text ? { text: wordFilter(text) } : {}) }, "name");
  const { rows, total } = rowsOf(query);
  const empty = query.isSuccess && rows.length === 0;
  return (
    <Section title={t("members")}>
      <div className="flex flex-wrap items-center justify-between gap-2">
        <search className="max-sm:w-full">
          <TextFilter text={text ?? ""} label={t("find")} onText={setText} />
        </search>
        <Button tone="primary" blocked={blocked} onClick={() => setAdding(true)}>
          <UserPlus aria-hidden />
          {t("addMembers")}
        </Button>
      </div>
      {query.isError ? (
        <FailureNotice failure={failureOf(query.error)} onRetry={() => query.refetch()} />
      ) : null}
      {empty ? (
        <p role="status" className="text-table text-muted">
          {t(text ? "noMatch" : "noMembers")}
        </p>
      ) : (
        <PeopleTable
          rows={rows}
          loadingRows={query.isPending ? skeletonRows : 0}
          blocked={blocked}
          onRemove={setLeaving}
        />
      )}
      <MoreRows query={query} shown={rows.length} total={total} />
      {adding ? <AddPeopleDialog group={group} onClose={() => setAdding(false)} /> : null}
      {leaving ? <RemovePerson group={group} user={leaving} onClose={() => setLeaving(null)} /> : null}
    </Section>
  );
}

type PeopleTableProps = {
  rows: UserRow[];
  loadingRows: number;
  blocked: string | null;
  onRemove: (user: UserRow) => void;
};

function PeopleTable({ rows, loadingRows, blocked, onRemove }: PeopleTableProps) {
  const t = useTranslations("admin.groups");
  const tMembers = useTranslations("members");
  const tUsers = useTranslations("admin.users");
  const columns: Column<UserRow>[] = [
    {
      key: "name",
      title: t("name"),
      cell: (user) => (
        <span className="flex min-w-0 flex-col">
          <RowLink
            href={`/admin/users/${user.id}`}
            className="line-clamp-2 font-medium break-words text-accent hover:underline"
          >
            {user.name}
          </RowLink>
          {user.email ? <span className="text-label break-all text-muted">{user.email}</span> : null}
        </span>
      ),
    },
    {
      key: "state",
      title: tUsers("state"),
      className: "hidden @xl:table-cell",
      cell: (user) => <UserState user={user} />,
    },
    {
      key: "actions",
      title: <span className="sr-only">{tMembers("columns.actions")}</span>,
      className: "w-px text-right",
      cell: (user) => (
        <IconButton
          size="iconSmall"
          label={t("remove", { name: user.name })}
          blocked={blocked}
          onClick={() => onRemove(user)}
        >
          <UserMinus aria-hidden />
        </IconButton>
      ),
    },
  ];
  return (
    <DataTable
      label={t("members")}
      columns={columns}
      rows={rows}
      rowKey={(user) => user.id}
      loadingRows={loadingRows}
    />
  );
}

function RemovePerson({ group, user, onClose }: { group: GroupDetail; user: UserRow; onClose: () => void }) {
  const t = useTranslations("admin.groups");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const fail = useFailureToast();
  const remove = useMutation(
    trpc.admin.group.setMembers.mutationOptions({
      onError: fail,
      onSettled: () => {
        void queries.invalidateQueries({ queryKey: trpc.admin.pathKey() });
        onClose();
      },
    }),
  );
  return (
    <ConfirmDialog
      open
      danger
      pending={remove.isPending}
      onClose={onClose}
      title={t("removeTitle", { name: user.name, group: group.name })}
      about={t("removeAbout")}
      verb={t("removeVerb")}
      onConfirm={() => remove.mutate({ id: group.id, remove: [user.id] })}
    />
  );
}
