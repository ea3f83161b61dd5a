"use client";

import { Pencil, Plus, Trash2 } from "lucide-react";
import { useFormatter, useTranslations } from "next-intl";
import { useState } from "react";
import type { NetworkDetail, SubnetRow } from "../../lib/rows.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { CsvLink } from "../list/csv-link.tsx";
import { Button, IconButton } from "../ui/button.tsx";
import { Fact } from "../ui/fact.tsx";
import { Meter } from "../ui/meter.tsx";
import { Section } from "../ui/section.tsx";
import { DeleteDialog } from "./delete-dialog.tsx";
import { SubnetDialog } from "./subnet-dialog.tsx";

type SubnetSectionProps = { projectId: string; network: NetworkDetail };

/** The network's subnets, each with its room; changing them is for the network's own project. */
export function SubnetSection({ projectId, network }: SubnetSectionProps) {
  const t = useTranslations("networks");
  const blocked = useBlocked(projectId, network);
  const [edited, setEdited] = useState<SubnetRow | "new" | null>(null);
  const [doomed, setDoomed] = useState<SubnetRow | null>(null);
  return (
    <Section title={t("subnets")} about={network.subnets.length === 0 ? t("subnetsEmpty") : null}>
      <ul className="flex flex-col gap-4">
        {network.subnets.map((subnet) => (
          <li key={subnet.id} className="flex flex-col gap-3 rounded-surface border bg-surface p-4">
            <SubnetHead
              subnet={subnet}
              blocked={blocked}
              onEdit={() => setEdited(subnet)}
              onDelete={() => setDoomed(subnet)}
            />
            <SubnetFacts subnet={subnet} />
          </li>
        ))}
      </ul>
      <div className="flex flex-wrap gap-2">
        <Button blocked={blocked("network:create")} onClick={() => setEdited("new")}>
          <Plus aria-hidden />
          {t("addSubnet")}
        </Button>
        {network.subnets.length > 0 ? (
          <CsvLink name="subnets" query={{ projectId, networkId: network.id }} label={t("subnets")} />
        ) : null}
      </div>
      {edited ? (
        <SubnetDialog
          projectId={projectId}
          network={network}
          subnet={edited === "new" ? null : edited}
          onClose={() => setEdited(null)}
        />
      ) : null}
      {doomed ? (
        <DeleteDialog
          projectId={projectId}
          doomed={{ kind: "subnet", id: doomed.id, name: doomed.name }}
          onClose={() => setDoomed(null)}
        />
      ) : null}
    </Section>
  );
}

type Asked = "network:create" | "network:update" | "network:delete";

/** Why a network can't be changed by whoever looks at it; null when it can. */
export function useBlocked(projectId: string, network: Pick<NetworkDetail, "projectId">) {
  const t = useTranslations();
  const granted = {
    "network:create": usePermission("network:create", projectId),
    "network:update": usePermission("network:update", projectId),
    "network:delete": usePermission("network:delete", projectId),
  };
  return (asked: Asked): string | null => {
    if (network.projectId !== projectId) return t("errors.networkOfCloud");
    return granted[asked] ? null : t("reasons.notPermitted");
  };
}

type SubnetHeadProps = {
  subnet: SubnetRow;
  blocked: (asked: Asked) => string | null;
  onEdit: () => void;
  onDelete: () => void;
};

function SubnetHead({ subnet, blocked, onEdit, onDelete }: SubnetHeadProps) {
  const t = useTranslations("networks");
  return (
    <div className="flex items-start justify-between gap-2">
      <div className="flex min-w-0 flex-wrap items-baseline gap-x-3">
        <h3 className="text-body font-semibold break-words">{subnet.name}</h3>
        <code className="font-mono text-table">{subnet.cidr}</code>
      </div>
      <span className="flex shrink-0">
        <IconButton
          size="iconSmall"
          label={t("editSubnet", { name: subnet.name })}
          blocked={blocked("network:update")}
          onClick={onEdit}
        >
          <Pencil aria-hidden />
        </IconButton>
        <IconButton
          size="iconSmall"
          label={t("deleteSubnet", { name: subnet.name })}
          blocked={blocked("network:delete")}
          onClick={onDelete}
        >
          <Trash2 aria-hidden />
        </IconButton>
      </span>
    </div>
  );
}

function SubnetFacts({ subnet }: { subnet: SubnetRow }) {
  const t = useTranslations("networks");
  const tFacts = useTranslations("facts");
  const format = useFormatter();
  const { used, total } = subnet.addresses;
  const words = t("usedOf", {
    used: format.number(used),
    total: format.number(total),
    left: format.number(Math.max(0, total - used)),
  });
  return (
    <>
      <Meter label={t("addresses")} words={words} used={used} limit={total} />
      <dl>
        <Fact name={t("gateway")}>
          {subnet.gateway ? <code className="font-mono">{subnet.gateway}</code> : t("outcome.noGateway")}
        </Fact>
        <Fact name={t("pools")}>
          <code className="font-mono break-words">
            {subnet.pools.map(({ start, end }) => `${start} – ${end}`).join(", ")}
          </code>
        </Fact>
        <Fact name={t("dhcp")}>{t(subnet.dhcp ? "on" : "off")}</Fact>
        <Fact name={t("dnsServers")}>
          {subnet.dnsServers.length > 0 ? (
            <code className="font-mono">{subnet.dnsServers.join(", ")}</code>
          ) : (
            <span className="text-muted">{tFacts("none")}</span>
          )}
        </Fact>
        {subnet.hostRoutes.length > 0 ? (
          <Fact name={t("hostRoutes")}>
            <code className="flex flex-col font-mono">
              {subnet.hostRoutes.map(({ destination, nextHop }) => (
                <span key={destination}>{`${destination} → ${nextHop}`}</span>
              ))}
            </code>
          </Fact>
        ) : null}
      </dl>
    </>
  );
}
