"use client";

import { snapshotFields } from "@madang/core/filter/storage-fields";
import { useProjectId } from "../../lib/use-project.ts";
import { ListPage } from "../list/list-page.tsx";
import { useListView } from "../list/use-list-view.ts";
import { useSnapshotColumns } from "./snapshot-table.tsx";
import { useSnapshots } from "./use-volumes.ts";
import { VolumeDrawing } from "./volume-drawing.tsx";

/** Of all volumes. They are taken at the volume, or at the instance. */
export function SnapshotListPage() {
  const projectId = useProjectId();
  const view = useListView("-createdAt");
  return (
    <ListPage
      section="volumeSnapshots"
      file={{ name: "volume-snapshots", query: { projectId } }}
      view={view}
      fields={snapshotFields}
      query={useSnapshots(projectId, view.filter, view.sort)}
      columns={useSnapshotColumns(projectId, null)}
      drawing={<VolumeDrawing />}
      help={["volumeSnapshot", "volume"]}
    />
  );
}
