"use client";

import { useTranslations } from "next-intl";
import { z } from "zod";
import { readStored } from "../../lib/stored.ts";
import { useMe } from "../../lib/use-me.ts";
import { Page } from "../shell/page.tsx";
import { PreferenceFields } from "../shell/preferences.tsx";
import { lastProjectKey } from "../shell/project-redirect.tsx";
import { Shell } from "../shell/shell.tsx";
import { Section } from "../ui/section.tsx";
import { PasswordForm } from "./password-form.tsx";
import { Profile } from "./profile.tsx";
import { SecondFactorSection } from "./second-factor-section.tsx";
import { SessionSection } from "./session-section.tsx";

export function AccountPage() {
  const t = useTranslations("account");
  const me = useMe();
  const last = readStored(lastProjectKey, z.string());
  const project = me.projects.find((one) => one.id === last) ?? me.projects[0];
  return (
    <Shell area={{ kind: "account", projectId: project?.id ?? null }}>
      <Page title={t("title")} about={t("signedInAs", { name: me.user.name })}>
        <div className="flex max-w-3xl flex-col gap-8 *:[section]:[&>form]:max-w-md">
          <Section title={t("profile")}>
            <Profile />
          </Section>
          <Section title={t("password")}>
            <PasswordForm />
          </Section>
          <SecondFactorSection />
          <SessionSection />
          <Section title={t("preferences")}>
            <div className="flex max-w-md flex-col gap-4">
              <PreferenceFields />
            </div>
          </Section>
        </div>
      </Page>
    </Shell>
  );
}
