"use client";

import { projectFields } from "@madang/core/filter/people-fields";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import type { ProjectRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useRefusal } from "../../lib/use-permission.ts";
import { ListPage } from "../list/list-page.tsx";
import { pageSize, paging } from "../list/pages.ts";
import { useListView } from "../list/use-list-view.ts";
import { YardDrawing } from "../ui/empty-state.tsx";
import { Segments } from "../ui/segments.tsx";
import { DeleteProjectDialog } from "./delete-dialog.tsx";
import { DisableProjectDialog } from "./disable-dialog.tsx";
import { EditProjectDialog } from "./edit-dialog.tsx";
import { type ProjectAsk, useProjectColumns } from "./project-columns.tsx";
import { useEnableProject } from "./use-project-actions.tsx";

type Asked = { kind: Exclude<ProjectAsk, "enable">; project: ProjectRow };
const states = ["enabled", "disabled", "deleting"] as const;

/** All projects of the cloud: how large they are, how full, and what becomes of them. */
export function ProjectListPage() {
  const t = useTranslations("admin.projects");
  const trpc = useTRPC();
  const blocked = useRefusal("project:manage", null);
  const { setEnabled } = useEnableProject();
  const view = useListView("name", ["state"]);
  const [asked, setAsked] = useState<Asked | null>(null);
  const state = states.filter((one) => one === view.chosen("state"));
  const filter = { ...view.filter, ...(state.length > 0 ? { state } : {}) };
  const query = useInfiniteQuery(
    trpc.admin.project.list.infiniteQueryOptions({ filter, sort: view.sort, limit: pageSize }, paging),
  );
  const onAsk = (kind: ProjectAsk, project: ProjectRow) =>
    kind === "enable" ? setEnabled(project, true) : setAsked({ kind, project });
  return (
    <ListPage
      section="admin.projects"
      view={view}
      fields={projectFields}
      query={query}
      columns={useProjectColumns(onAsk)}
      drawing={<YardDrawing />}
      actions={[{ word: t("create"), blocked, href: "/admin/projects/new" }]}
      file={{ name: "projects", query: { state: state[0] ?? null } }}
      help={["project", "quota", "role"]}
      filters={
        <Segments
          label={t("stateFilter")}
          value={state[0] ?? "all"}
          onChange={(next) => view.change({ state: next === "all" ? null : next })}
          options={["all", ...states].map((one) => ({ value: one, label: t(`states.${one}`) }))}
        />
      }
      skeletonRows={8}
      hrefOf={(id) => `/admin/projects/${id}`}
    >
      <Dialogs asked={asked} rows={query.data?.pages} onClose={() => setAsked(null)} />
    </ListPage>
  );
}

type DialogsProps = {
  asked: Asked | null;
  rows: readonly { items: readonly ProjectRow[] }[] | undefined;
  onClose: () => void;
};

function Dialogs({ asked, rows = [], onClose }: DialogsProps) {
  if (!asked) return null;
  const { kind, project } = asked;
  if (kind === "disable") return <DisableProjectDialog project={project} onClose={onClose} />;
  if (kind === "delete") return <DeleteProjectDialog project={project} onClose={onClose} />;
  const live = rows.flatMap(({ items }) => items).find(({ id }) => id === project.id);
  return <EditProjectDialog project={live ?? project} onClose={onClose} />;
}
