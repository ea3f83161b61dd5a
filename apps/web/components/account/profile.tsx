"use client";

import { useTranslations } from "next-intl";
import { useMe } from "../../lib/use-me.ts";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";

/** Others add people to projects by these, so they are an administrator's to write. */
export function Profile() {
  const t = useTranslations();
  const { user } = useMe();
  return (
    <div className="flex max-w-md flex-col gap-4">
      <Field label={t("account.name")} help={t("account.nameHelp")}>
        {(control) => <Input {...control} value={user.name} readOnly autoComplete="username" />}
      </Field>
      <Field label={t("account.email")} help={t("account.emailHelp")}>
        {(control) => (
          <Input {...control} type="email" value={user.email ?? ""} readOnly autoComplete="email" />
        )}
      </Field>
    </div>
  );
}
