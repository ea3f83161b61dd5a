"use client";

import { CircleCheck, CircleSlash, Trash2 } from "lucide-react";
import { useTranslations } from "next-intl";
import type { ProjectRow } from "../../lib/rows.ts";
import { cn } from "../ui/class-names.ts";

const looks = {
  enabled: { icon: CircleCheck, look: "text-running" },
  disabled: { icon: CircleSlash, look: "text-muted" },
  deleting: { icon: Trash2, look: "text-changing" },
} as const;

/** Icon and word, never a colour alone. */
export function ProjectState({ project }: { project: Pick<ProjectRow, "state" | "percent"> }) {
  const t = useTranslations("admin.projects.states");
  const { icon: Icon, look } = looks[project.state];
  return (
    <span className="inline-flex items-center gap-1.5 text-table font-medium whitespace-nowrap">
      <Icon aria-hidden className={cn("size-4 shrink-0", look)} />
      {t(project.state)}
      {project.percent === null ? null : <span className="tabular-nums">{`${project.percent}%`}</span>}
    </span>
  );
}
