"use client";

import { portFields } from "@madang/core/filter/network-fields";
import { useTranslations } from "next-intl";
import { useState } from "react";
import type { PortRow } from "../../lib/rows.ts";
import { useRefusal } from "../../lib/use-permission.ts";
import { useProjectId } from "../../lib/use-project.ts";
import { ListPage } from "../list/list-page.tsx";
import { useListView } from "../list/use-list-view.ts";
import { DeleteDialog } from "../network/delete-dialog.tsx";
import { NetworkDrawing } from "../network/network-drawing.tsx";
import { usePortColumns } from "./port-columns.tsx";
import { PortDialog } from "./port-dialog.tsx";
import { portName } from "./port-user.tsx";
import { usePorts } from "./use-ports.ts";

export function PortListPage() {
  const t = useTranslations("ports");
  const projectId = useProjectId();
  const blocked = useRefusal("port:create", projectId);
  const view = useListView("-createdAt");
  const [creating, setCreating] = useState(false);
  const [doomed, setDoomed] = useState<PortRow | null>(null);
  return (
    <ListPage
      section="ports"
      view={view}
      fields={portFields}
      query={usePorts(projectId, view.filter, view.sort)}
      columns={usePortColumns({ projectId, withNetwork: true, onDelete: setDoomed })}
      drawing={<NetworkDrawing />}
      actions={[{ word: t("create"), blocked, onClick: () => setCreating(true) }]}
      file={{ name: "ports", query: { projectId } }}
      help={["port", "network", "securityGroup"]}
      hrefOf={(id) => `/p/${projectId}/ports/${id}`}
      nameOf={portName}
    >
      {creating ? (
        <PortDialog projectId={projectId} networkId={null} port={null} onClose={() => setCreating(false)} />
      ) : null}
      {doomed ? (
        <DeleteDialog
          projectId={projectId}
          doomed={{ kind: "port", id: doomed.id, name: portName(doomed) }}
          onClose={() => setDoomed(null)}
        />
      ) : null}
    </ListPage>
  );
}
