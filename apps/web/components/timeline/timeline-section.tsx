"use client";

import { useTranslations } from "next-intl";
import { Section } from "../ui/section.tsx";
import { Timeline } from "./timeline.tsx";

const newestEvents = 8;

/** What happened to one thing, at the foot of its page. `projectId` null: a thing of the cloud, told to who oversees it. */
export function TimelineSection({ projectId, resourceId }: { projectId: string | null; resourceId: string }) {
  const t = useTranslations("timeline");
  return (
    <Section title={t("title")}>
      <Timeline projectId={projectId} resourceId={resourceId} pageSize={newestEvents} brief />
    </Section>
  );
}
