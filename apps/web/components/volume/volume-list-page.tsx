"use client";

import { volumeFields } from "@madang/core/filter/storage-fields";
import { ArrowRightLeft } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { useRefusal } from "../../lib/use-permission.ts";
import { useProjectId } from "../../lib/use-project.ts";
import { ListPage } from "../list/list-page.tsx";
import { useListView } from "../list/use-list-view.ts";
import { CreateDialog } from "./create-dialog.tsx";
import { AcceptDialog } from "./transfer-dialog.tsx";
import { useVolumes } from "./use-volumes.ts";
import { useVolumeColumns } from "./volume-columns.tsx";
import { VolumeDrawing } from "./volume-drawing.tsx";

export function VolumeListPage() {
  const t = useTranslations("volumes");
  const projectId = useProjectId();
  const blocked = useRefusal("volume:create", projectId);
  const noTransfer = useRefusal("volume:transfer", projectId);
  const view = useListView("-createdAt");
  const [asked, setAsked] = useState<"create" | "accept" | null>(null);
  const close = () => setAsked(null);
  return (
    <ListPage
      section="volumes"
      file={{ name: "volumes", query: { projectId } }}
      view={view}
      fields={volumeFields}
      query={useVolumes(projectId, view.filter, view.sort)}
      columns={useVolumeColumns(projectId)}
      drawing={<VolumeDrawing />}
      actions={[
        {
          word: t("transfer.acceptAction"),
          icon: ArrowRightLeft,
          tone: "plain",
          blocked: noTransfer,
          onClick: () => setAsked("accept"),
        },
        { word: t("create"), blocked, onClick: () => setAsked("create") },
      ]}
      help={["volume", "volumeType", "volumeSnapshot"]}
      hrefOf={(id) => `/p/${projectId}/volumes/${id}`}
    >
      {asked === "create" ? <CreateDialog projectId={projectId} onClose={close} /> : null}
      {asked === "accept" ? <AcceptDialog projectId={projectId} onClose={close} /> : null}
    </ListPage>
  );
}
