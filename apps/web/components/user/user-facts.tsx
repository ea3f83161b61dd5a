"use client";

import Link from "next/link";
import { useTranslations } from "next-intl";
import type { UserDetail } from "../../lib/rows.ts";
import { ExactTime } from "../timeline/moment.tsx";
import { CopyableId, CopyButton } from "../ui/copyable.tsx";
import { Fact } from "../ui/fact.tsx";
import { Section } from "../ui/section.tsx";

function passwordKey({ hasPassword, mustChangePassword }: UserDetail) {
  if (!hasPassword) return "passwordNone" as const;
  return mustChangePassword ? ("passwordMustChange" as const) : ("passwordSet" as const);
}

/** Who somebody is, and how he signs in. */
export function UserFacts({ user }: { user: UserDetail }) {
  const t = useTranslations("admin.users");
  const tCommon = useTranslations("common");
  const none = <span className="text-muted">{t("none")}</span>;
  return (
    <Section title={t("facts")}>
      <dl>
        <Fact name={t("id")}>
          <CopyableId id={user.id} what={t("id")} whole />
        </Fact>
        <Fact name={t("email")}>
          {user.email ? (
            <span className="inline-flex min-w-0 items-center gap-0.5">
              <span className="break-all">{user.email}</span>
              <CopyButton text={user.email} label={tCommon("copyThe", { what: t("email") })} />
            </span>
          ) : (
            none
          )}
        </Fact>
        <Fact name={t("groups")}>
          {user.groups.length === 0 ? none : null}
          <span className="flex flex-wrap gap-x-3 gap-y-1">
            {user.groups.map((group) => (
              <Link
                key={group.id}
                href={`/admin/groups/${group.id}`}
                className="break-words text-accent hover:underline"
              >
                {group.name}
              </Link>
            ))}
          </span>
        </Fact>
        <Fact name={t("passwordState")}>{t(passwordKey(user))}</Fact>
        <Fact name={t("secondFactor")}>{t(user.secondFactor ? "on" : "off")}</Fact>
        <Fact name={t("sessions")}>
          <span className="tabular-nums">{user.sessions}</span>
        </Fact>
        <Fact name={t("lastSignIn")}>
          {user.lastSignInAt ? (
            <ExactTime date={user.lastSignInAt} />
          ) : (
            <span className="text-muted">{t("never")}</span>
          )}
        </Fact>
        <Fact name={t("createdAt")}>
          <ExactTime date={user.createdAt} />
        </Fact>
      </dl>
    </Section>
  );
}
