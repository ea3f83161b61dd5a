"use client";

import { Plus } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { failureOf } from "../../lib/failure.ts";
import type { NetworkDetail, PortRow } from "../../lib/rows.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { CsvLink } from "../list/csv-link.tsx";
import { MoreRows } from "../list/more-rows.tsx";
import { rowsOf } from "../list/pages.ts";
import { DeleteDialog } from "../network/delete-dialog.tsx";
import { Button } from "../ui/button.tsx";
import { DataTable } from "../ui/data-table.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Section } from "../ui/section.tsx";
import { usePortColumns } from "./port-columns.tsx";
import { PortDialog } from "./port-dialog.tsx";
import { portName } from "./port-user.tsx";
import { usePorts } from "./use-ports.ts";

const skeletonRows = 2;

/** The project's ports in one network. */
export function PortSection({ projectId, network }: { projectId: string; network: NetworkDetail }) {
  const t = useTranslations("ports");
  const tReasons = useTranslations("reasons");
  const tErrors = useTranslations("errors");
  const allowed = usePermission("port:create", projectId);
  const [sort, setSort] = useState("-createdAt");
  const [creating, setCreating] = useState(false);
  const [doomed, setDoomed] = useState<PortRow | null>(null);
  const query = usePorts(projectId, { networkId: network.id }, sort);
  const { rows, total } = rowsOf(query);
  const columns = usePortColumns({ projectId, withNetwork: false, onDelete: setDoomed });
  const blocked = blockedBy(network, allowed, {
    denied: tReasons("notPermitted"),
    external: tErrors("networkExternal", { network: network.name }),
    bare: tErrors("networkWithoutSubnet"),
  });
  return (
    <Section title={t("title")} about={query.isSuccess && rows.length === 0 ? t("sectionEmpty") : null}>
      {query.isError ? (
        <FailureNotice failure={failureOf(query.error)} onRetry={() => query.refetch()} />
      ) : null}
      {rows.length > 0 || query.isPending ? (
        <DataTable
          label={t("title")}
          columns={columns}
          rows={rows}
          rowKey={(row) => row.id}
          loadingRows={query.isPending ? skeletonRows : 0}
          sort={sort}
          onSort={setSort}
        />
      ) : null}
      <MoreRows query={query} shown={rows.length} total={total} />
      <div className="flex flex-wrap gap-2">
        <Button blocked={blocked} onClick={() => setCreating(true)}>
          <Plus aria-hidden />
          {t("create")}
        </Button>
        {rows.length > 0 ? (
          <CsvLink
            name="ports"
            query={{ projectId, networkId: network.id }}
            view={{ sort }}
            label={t("title")}
          />
        ) : null}
      </div>
      {creating ? (
        <PortDialog
          projectId={projectId}
          networkId={network.id}
          port={null}
          onClose={() => setCreating(false)}
        />
      ) : null}
      {doomed ? (
        <DeleteDialog
          projectId={projectId}
          doomed={{ kind: "port", id: doomed.id, name: portName(doomed) }}
          onClose={() => setDoomed(null)}
        />
      ) : null}
    </Section>
  );
}

function blockedBy(
  network: NetworkDetail,
  allowed: boolean,
  words: { denied: string; external: string; bare: string },
): string | null {
  if (!allowed) return words.denied;
  if (network.external) return words.external;
  return network.subnets.length === 0 ? words.bare : null;
}
