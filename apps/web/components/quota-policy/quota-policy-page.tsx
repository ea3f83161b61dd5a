"use client";

import { useTranslations } from "next-intl";
import { Page } from "../shell/page.tsx";
import { Section } from "../ui/section.tsx";
import { DefaultsForm } from "./defaults-form.tsx";
import { TemplateSection } from "./template-section.tsx";

/** What projects may use where nobody decided otherwise, and sets of limits for new ones. */
export function QuotaPolicyPage() {
  const t = useTranslations("admin.quotas");
  return (
    <Page title={t("title")} about={t("about")}>
      <div className="flex flex-col gap-8">
        <Section title={t("defaults")} about={t("defaultsAbout")}>
          <DefaultsForm />
        </Section>
        <Section title={t("templates")} about={t("templatesAbout")}>
          <TemplateSection />
        </Section>
      </div>
    </Page>
  );
}
