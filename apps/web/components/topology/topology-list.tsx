"use client";

import Link from "next/link";
import { useTranslations } from "next-intl";
import type { Translate } from "../../lib/error-text.ts";
import type { TopologyInstanceRow, TopologyNetworkRow, TopologyView } from "../../lib/rows.ts";
import { StatusMark } from "../instance/status-badge.tsx";
import { Section } from "../ui/section.tsx";

type Props = { projectId: string; view: TopologyView };

const link = "font-medium break-words hover:text-accent hover:underline";

/** The same as the map, to be read from top to bottom. */
export function TopologyList({ projectId, view }: Props) {
  const t = useTranslations("topology");
  const loose = view.instances.filter(({ ports }) => ports.length === 0);
  return (
    <div className="flex flex-col gap-8">
      <Section title={t("routers")}>
        {view.routers.length === 0 ? <p className="text-table text-muted">{t("noRouters")}</p> : null}
        <Routers projectId={projectId} view={view} />
      </Section>
      {view.networks.map((network) => (
        <Section
          key={network.id}
          title={network.name}
          about={[t(network.external ? "external" : "internal"), ...network.cidrs].join(" · ")}
        >
          <Members projectId={projectId} network={network} instances={membersOf(view, network.id)} />
        </Section>
      ))}
      {loose.length > 0 ? (
        <Section title={t("loose")}>
          <Members projectId={projectId} network={null} instances={loose} />
        </Section>
      ) : null}
    </div>
  );
}

function membersOf({ instances }: TopologyView, networkId: string): TopologyInstanceRow[] {
  return instances.filter(({ ports }) => ports.some((port) => port.networkId === networkId));
}

function Routers({ projectId, view }: Props) {
  const t = useTranslations("topology");
  const nameOf = (id: string | null) => view.networks.find((one) => one.id === id)?.name ?? "";
  return (
    <ul className="flex flex-col">
      {view.routers.map((router) => (
        <li
          key={router.id}
          className="flex flex-wrap items-baseline gap-x-3 border-b py-2 text-table last:border-b-0"
        >
          <Link href={`/p/${projectId}/routers/${router.id}`} className={link}>
            {router.name}
          </Link>
          <span className="text-muted">
            {router.externalNetworkId === null
              ? t("noGateway")
              : t("leadsTo", {
                  outside: nameOf(router.externalNetworkId),
                  address: router.gatewayAddress ?? "",
                })}
          </span>
          <span className="text-muted">
            {router.legs.map(({ networkId, address }) => `${nameOf(networkId)} ${address}`).join(" · ")}
          </span>
        </li>
      ))}
    </ul>
  );
}

type MembersProps = {
  projectId: string;
  network: TopologyNetworkRow | null;
  instances: readonly TopologyInstanceRow[];
};

function Members({ projectId, network, instances }: MembersProps) {
  const t: Translate = useTranslations();
  if (instances.length === 0) return <p className="text-table text-muted">{t("topology.noInstances")}</p>;
  return (
    <ul className="flex flex-col">
      {instances.map((instance) => {
        const ports = instance.ports.filter(({ networkId }) => networkId === network?.id);
        const addresses = ports.flatMap((port) => [...port.addresses, ...port.floatingIps]);
        return (
          <li
            key={instance.id}
            className="flex flex-wrap items-center gap-x-3 border-b py-1.5 text-table last:border-b-0"
          >
            <StatusMark view={instance} />
            <Link href={`/p/${projectId}/instances/${instance.id}`} className={link}>
              {instance.name}
            </Link>
            <span className="text-muted">{t(`statuses.${instance.status}`)}</span>
            <code className="font-mono text-label">{addresses.join(" · ")}</code>
            <Link
              href={`/p/${projectId}/instances/${instance.id}?tab=console`}
              aria-label={t("topology.consoleOf", { name: instance.name })}
              className="ml-auto text-label text-accent hover:underline"
            >
              {t("actions.console")}
            </Link>
          </li>
        );
      })}
    </ul>
  );
}
