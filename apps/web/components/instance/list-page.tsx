"use client";

import { instanceFields } from "@madang/core/filter/instance-fields";
import dynamic from "next/dynamic";
import { useTranslations } from "next-intl";
import { useRefusal } from "../../lib/use-permission.ts";
import { useProjectId } from "../../lib/use-project.ts";
import { ListPage } from "../list/list-page.tsx";
import { rowsOf } from "../list/pages.ts";
import { useListView } from "../list/use-list-view.ts";
import { YardDrawing } from "../ui/empty-state.tsx";
import { BulkBar } from "./bulk-bar.tsx";
import { useInstanceColumns } from "./instance-columns.tsx";
import { StatusFilter } from "./status-filter.tsx";
import { useInstances } from "./use-instances.ts";

const InstancePanel = dynamic(() => import("./instance-panel.tsx").then((m) => m.InstancePanel));

/** The project's instances. What is filtered, sorted and selected stands in the address. */
export function InstanceListPage() {
  const t = useTranslations("instances");
  const projectId = useProjectId();
  const blocked = useRefusal("instance:create", projectId);
  const view = useListView("-createdAt", ["status"]);
  const status = view.chosen("status");
  const filter = { ...view.filter, ...(status ? { status: status.split(",") } : {}) };
  const query = useInstances(projectId, filter, view.sort);
  const columns = useInstanceColumns({ projectId, rows: rowsOf(query).rows });
  const words = [
    ...(view.text ? [t("nothingText", { text: view.text })] : []),
    ...(status ? [t("nothingStatus", { status })] : []),
  ];
  return (
    <ListPage
      section="instances"
      view={view}
      fields={instanceFields}
      filter={filter}
      selectionBar={(selection, clear) => (
        <BulkBar projectId={projectId} selection={selection} onDone={clear} />
      )}
      query={query}
      columns={columns}
      drawing={<YardDrawing />}
      actions={[{ word: t("launch"), blocked, href: `/p/${projectId}/instances/launch` }]}
      file={{ name: "project-instances", query: { projectId, status } }}
      help={["instance", "image", "flavor", "console"]}
      filters={<StatusFilter status={status} onStatus={(value) => view.change({ status: value })} />}
      nothing={t("nothing", { filter: words.join(", ") })}
      skeletonRows={6}
      panel={(id, onClose) => <InstancePanel projectId={projectId} id={id} onClose={onClose} />}
    />
  );
}
