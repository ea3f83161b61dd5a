"use client";

import { type Role, roles } from "@madang/core/identity/permission";
import { areas, type PermissionRow, roleTable } from "@madang/core/identity/role-table";
import { Check, KeyRound, Minus, ShieldCheck } from "lucide-react";
import { useTranslations } from "next-intl";
import { Page } from "../shell/page.tsx";
import { cn } from "../ui/class-names.ts";

function Mark({ row, role }: { row: PermissionRow; role: Role }) {
  const t = useTranslations("roles");
  const may = row.roles.includes(role) || row.scope === "self" || row.scope === "public";
  const Icon = may ? Check : Minus;
  return (
    <span>
      <Icon aria-hidden className={cn("mx-auto size-4", may ? "text-running" : "text-muted/60")} />
      <span className="sr-only">{t(may ? "yes" : "no")}</span>
    </span>
  );
}

function Flag({ set, icon: Icon }: { set: boolean; icon: typeof Check }) {
  const t = useTranslations("roles");
  return (
    <span>
      {set ? <Icon aria-hidden className="mx-auto size-4 text-accent" /> : null}
      <span className="sr-only">{t(set ? "yes" : "no")}</span>
    </span>
  );
}

const head = "border-b px-2 py-1.5 text-label font-medium text-muted";

/** Everything that anybody may do, as the one table in core says it. */
export function RolePage() {
  const t = useTranslations("roles");
  const tAreas = useTranslations("permissionAreas");
  const tPermissions = useTranslations("permissions");
  const rows = roleTable();
  return (
    <Page title={t("title")} about={t("about")}>
      <ul className="flex max-w-[72ch] flex-col gap-1 text-label text-muted">
        <li>{t("legend")}</li>
        <li className="flex items-start gap-1.5">
          <ShieldCheck aria-hidden className="size-4 shrink-0 text-accent" />
          {t("confirmHelp")}
        </li>
        <li className="flex items-start gap-1.5">
          <KeyRound aria-hidden className="size-4 shrink-0 text-accent" />
          {t("credentialsHelp")}
        </li>
      </ul>
      <section
        aria-label={t("title")}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls sideways where it is narrow.
        tabIndex={0}
        className="relative overflow-x-auto"
      >
        <table className="w-full min-w-160 border-separate border-spacing-0 text-table">
          <thead>
            <tr>
              <th scope="col" className={cn(head, "sticky left-0 min-w-44 bg-background text-left")}>
                {t("columns.permission")}
              </th>
              <th scope="col" className={cn(head, "text-left")}>
                {t("columns.scope")}
              </th>
              {roles.map((role) => (
                <th key={role} scope="col" className={cn(head, "w-20 text-center")}>
                  <code className="font-mono">{role}</code>
                </th>
              ))}
              <th scope="col" className={cn(head, "w-20 text-center")}>
                {t("columns.confirm")}
              </th>
              <th scope="col" className={cn(head, "w-20 text-center")}>
                {t("columns.credentials")}
              </th>
            </tr>
          </thead>
          {areas().map((area) => (
            <tbody key={area}>
              <tr>
                <th
                  scope="colgroup"
                  colSpan={8}
                  className="px-2 pt-5 pb-1 text-left text-table font-semibold"
                >
                  {tAreas(area)}
                </th>
              </tr>
              {rows
                .filter((row) => row.area === area)
                .map((row) => (
                  <tr key={row.name}>
                    <th
                      scope="row"
                      className="sticky left-0 border-b bg-background px-2 py-1.5 text-left font-normal"
                    >
                      {tPermissions(row.name)}
                      <code className="block font-mono text-label text-muted">{row.name}</code>
                    </th>
                    <td className="border-b px-2 py-1.5 text-label whitespace-nowrap text-muted">
                      {t(`scopes.${row.scope}`)}
                    </td>
                    {roles.map((role) => (
                      <td key={role} className="border-b px-2 py-1.5 text-center">
                        <Mark row={row} role={role} />
                      </td>
                    ))}
                    <td className="border-b px-2 py-1.5 text-center">
                      <Flag set={row.confirm} icon={ShieldCheck} />
                    </td>
                    <td className="border-b px-2 py-1.5 text-center">
                      <Flag set={row.credentials} icon={KeyRound} />
                    </td>
                  </tr>
                ))}
            </tbody>
          ))}
        </table>
      </section>
    </Page>
  );
}
