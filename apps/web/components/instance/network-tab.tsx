"use client";

import { interfaceLimit } from "@madang/core/network/interface-input";
import { BrickWallShield, Plus, Unplug } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { failureOf } from "../../lib/failure.ts";
import type { InstanceDetail, PortRow } from "../../lib/rows.ts";
import { rowsOf } from "../list/pages.ts";
import { NetworkDrawing } from "../network/network-drawing.tsx";
import { StatusMark } from "../network/status-mark.tsx";
import { usePorts } from "../port/use-ports.ts";
import { InstanceGroupsDialog } from "../security-group/instance-groups-dialog.tsx";
import { Button } from "../ui/button.tsx";
import { type Column, DataTable } from "../ui/data-table.tsx";
import { EmptyState } from "../ui/empty-state.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { RowLink } from "../ui/row-link.tsx";
import { Section } from "../ui/section.tsx";
import { useBlocked } from "./actions.tsx";
import { AttachDialog } from "./attach-dialog.tsx";
import { DetachDialog } from "./detach-dialog.tsx";

type NetworkTabProps = { projectId: string; instance: InstanceDetail };

/** An instance's interfaces: what they are, whether they carry traffic, and how there are more or fewer. */
export function NetworkTab({ projectId, instance }: NetworkTabProps) {
  const t = useTranslations("interfaces");
  const tGroups = useTranslations("securityGroups");
  const blocked = useBlocked(projectId);
  const [attaching, setAttaching] = useState(false);
  const [grouping, setGrouping] = useState(false);
  const [doomed, setDoomed] = useState<PortRow | null>(null);
  const query = usePorts(projectId, { instanceId: instance.id }, "position");
  const { rows } = rowsOf(query);
  const full = rows.length >= interfaceLimit ? t("limit", { limit: interfaceLimit }) : null;
  const attach = (
    <Button blocked={blocked("attachInterface", instance) ?? full} onClick={() => setAttaching(true)}>
      <Plus aria-hidden />
      {t("attach")}
    </Button>
  );
  const empty = query.isSuccess && rows.length === 0;
  return (
    <div className="@container flex flex-col gap-8">
      {query.isError ? (
        <FailureNotice failure={failureOf(query.error)} onRetry={() => query.refetch()} />
      ) : null}
      {empty ? (
        <EmptyState drawing={<NetworkDrawing />} title={t("empty.title")} about={t("empty.about")}>
          {attach}
        </EmptyState>
      ) : (
        <Section title={t("title")} about={t("about")}>
          <InterfaceTable
            projectId={projectId}
            rows={rows}
            loadingRows={query.isPending ? 1 : 0}
            blocked={blocked("detachInterface", instance)}
            onDetach={setDoomed}
          />
          <div className="flex flex-wrap gap-2">
            {attach}
            <Button blocked={blocked("attachInterface", instance)} onClick={() => setGrouping(true)}>
              <BrickWallShield aria-hidden />
              {tGroups("change")}
            </Button>
          </div>
        </Section>
      )}
      {attaching ? (
        <AttachDialog projectId={projectId} instanceId={instance.id} onClose={() => setAttaching(false)} />
      ) : null}
      {grouping ? (
        <InstanceGroupsDialog
          projectId={projectId}
          instanceId={instance.id}
          name={instance.name}
          onClose={() => setGrouping(false)}
        />
      ) : null}
      {doomed ? (
        <DetachDialog
          projectId={projectId}
          instanceId={instance.id}
          port={doomed}
          onClose={() => setDoomed(null)}
        />
      ) : null}
    </div>
  );
}

type InterfaceTableProps = {
  projectId: string;
  rows: PortRow[];
  loadingRows: number;
  blocked: string | null;
  onDetach: (row: PortRow) => void;
};

function InterfaceTable({ projectId, rows, loadingRows, blocked, onDetach }: InterfaceTableProps) {
  const t = useTranslations("interfaces");
  const look = "line-clamp-2 break-words hover:text-accent hover:underline";
  const columns: Column<PortRow>[] = [
    {
      key: "interface",
      title: t("columns.interface"),
      cell: (row) => <AddressCell projectId={projectId} row={row} />,
    },
    {
      key: "network",
      title: t("columns.network"),
      cell: (row) => (
        <RowLink href={`/p/${projectId}/networks/${row.networkId}`} className={look}>
          {row.networkName}
        </RowLink>
      ),
    },
    {
      key: "mac",
      title: t("columns.mac"),
      className: "hidden @2xl:table-cell",
      cell: (row) => <code className="font-mono text-label whitespace-nowrap">{row.mac}</code>,
    },
    {
      key: "groups",
      title: t("columns.groups"),
      className: "hidden @xl:table-cell",
      cell: (row) => (
        <span className="flex flex-wrap gap-x-2">
          {row.securityGroups.map(({ id, name }, index) => (
            <RowLink key={id} href={`/p/${projectId}/security-groups/${id}`} className={look}>
              {index < row.securityGroups.length - 1 ? `${name},` : name}
            </RowLink>
          ))}
        </span>
      ),
    },
    {
      key: "status",
      title: t("columns.status"),
      className: "hidden @md:table-cell",
      cell: (row) => <StatusMark status={row.status} />,
    },
    {
      key: "actions",
      title: <span className="sr-only">{t("columns.actions")}</span>,
      className: "w-px text-right",
      cell: (row) => (
        <Button
          size="small"
          tone="quiet"
          blocked={blocked}
          aria-label={t("detachLabel", { name: row.addresses[0]?.address ?? row.mac })}
          onClick={() => onDetach(row)}
        >
          <Unplug aria-hidden />
          <span className="@max-md:sr-only">{t("detach")}</span>
        </Button>
      ),
    },
  ];
  return (
    <DataTable
      label={t("title")}
      columns={columns}
      rows={rows}
      rowKey={(row) => row.id}
      loadingRows={loadingRows}
    />
  );
}

function AddressCell({ projectId, row }: { projectId: string; row: PortRow }) {
  const t = useTranslations("interfaces");
  const words = row.addresses.map(({ address }) => address).join(", ");
  return (
    <span className="flex flex-col">
      <RowLink
        href={`/p/${projectId}/ports/${row.id}`}
        className="font-mono text-table text-accent hover:underline"
      >
        {words || t("noAddress")}
      </RowLink>
      {row.addresses.flatMap(({ floatingIp }) =>
        floatingIp === null ? (
          []
        ) : (
          <span key={floatingIp} className="text-label text-muted">
            {t("floating", { address: floatingIp })}
          </span>
        ),
      )}
      <span className="@md:hidden">
        <StatusMark status={row.status} />
      </span>
    </span>
  );
}
