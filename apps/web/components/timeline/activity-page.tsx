"use client";

import { useTranslations } from "next-intl";
import { useProjectId } from "../../lib/use-project.ts";
import { CsvLink } from "../list/csv-link.tsx";
import { Page } from "../shell/page.tsx";
import { ActivityFilters } from "./activity-filters.tsx";
import { Timeline } from "./timeline.tsx";
import { useActivityFilter } from "./use-activity-filter.ts";

/** Who did what in the project. What is filtered stands in the address, and is what the file holds. */
export function ActivityPage() {
  const t = useTranslations("activity");
  const projectId = useProjectId();
  const { filter, set } = useActivityFilter();
  return (
    <Page
      title={t("title")}
      about={t("about")}
      actions={<CsvLink name="activity" query={{ projectId, ...filter }} />}
    >
      <div className="flex max-w-4xl flex-col gap-4">
        <ActivityFilters filter={filter} onSet={set} />
        <Timeline projectId={projectId} filter={filter} />
      </div>
    </Page>
  );
}
