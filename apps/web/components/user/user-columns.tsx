"use client";

import { useTranslations } from "next-intl";
import type { UserRow } from "../../lib/rows.ts";
import { RoleBadge } from "../role/role-badge.tsx";
import { Moment } from "../timeline/moment.tsx";
import type { Column } from "../ui/data-table.tsx";
import { RowLink } from "../ui/row-link.tsx";
import { UserState } from "./user-state.tsx";

/** So many names are told; the rest is a number. */
const namesShown = 2;

function GroupNames({ user }: { user: UserRow }) {
  const t = useTranslations("admin.users");
  const names = user.groups.map(({ name }) => name);
  if (names.length === 0) return <span className="text-muted">{t("none")}</span>;
  return (
    <span className="line-clamp-2 break-words" title={names.join(", ")}>
      {names.slice(0, namesShown).join(", ")}
      {names.length > namesShown ? (
        <span className="text-muted"> {t("more", { count: names.length - namesShown })}</span>
      ) : null}
    </span>
  );
}

function UserName({ user }: { user: UserRow }) {
  return (
    <span className="flex min-w-0 flex-col gap-0.5">
      <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <RowLink
          href={`/admin/users/${user.id}`}
          className="line-clamp-2 font-medium break-words text-accent hover:underline"
        >
          {user.name}
        </RowLink>
        {user.systemRoles.map((role) => (
          <RoleBadge key={role} role={role} />
        ))}
      </span>
      {user.email ? <span className="line-clamp-1 text-label break-all text-muted">{user.email}</span> : null}
      <span className="@2xl:hidden">
        <UserState user={user} />
      </span>
    </span>
  );
}

export function useUserColumns(): Column<UserRow>[] {
  const t = useTranslations("admin.users");
  return [
    { key: "name", title: t("name"), sort: "name", cell: (user) => <UserName user={user} /> },
    {
      key: "state",
      title: t("state"),
      className: "hidden @2xl:table-cell",
      cell: (user) => <UserState user={user} />,
    },
    {
      key: "projects",
      title: t("projects"),
      className: "hidden text-right whitespace-nowrap tabular-nums @xl:table-cell @xl:pr-6",
      cell: (user) => user.projects,
    },
    {
      key: "groups",
      title: t("groups"),
      className: "hidden @4xl:table-cell",
      cell: (user) => <GroupNames user={user} />,
    },
    {
      key: "secondFactor",
      title: t("secondFactor"),
      className: "hidden whitespace-nowrap @3xl:table-cell",
      cell: (user) => (
        <span className={user.secondFactor ? undefined : "text-muted"}>
          {t(user.secondFactor ? "on" : "off")}
        </span>
      ),
    },
    {
      key: "lastSignIn",
      title: t("lastSignIn"),
      sort: "lastSignInAt",
      className: "hidden whitespace-nowrap text-muted @xl:table-cell",
      cell: (user) => (user.lastSignInAt ? <Moment date={user.lastSignInAt} /> : t("never")),
    },
  ];
}
