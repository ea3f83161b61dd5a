"use client";

import { useTranslations } from "next-intl";
import { useProjectId } from "../../lib/use-project.ts";
import { Page } from "../shell/page.tsx";
import { Timeline } from "./timeline.tsx";

export function ActivityPage() {
  const t = useTranslations("activity");
  const projectId = useProjectId();
  return (
    <Page title={t("title")} about={t("about")}>
      <div className="max-w-4xl">
        <Timeline projectId={projectId} />
      </div>
    </Page>
  );
}
