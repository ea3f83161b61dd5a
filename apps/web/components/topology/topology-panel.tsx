"use client";

import { X } from "lucide-react";
import { useTranslations } from "next-intl";
import { useEffect } from "react";
import type { TopologyNetworkRow, TopologyRouterRow, TopologyView } from "../../lib/rows.ts";
import { ButtonLink, IconButton } from "../ui/button.tsx";
import { Fact } from "../ui/fact.tsx";

type TopologyPanelProps = { projectId: string; view: TopologyView; id: string; onClose: () => void };

/** What a network or a router is, beside the map. */
export function TopologyPanel({ projectId, view, id, onClose }: TopologyPanelProps) {
  const t = useTranslations("topology");
  const tCommon = useTranslations("common");
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => event.key === "Escape" && !event.defaultPrevented && onClose();
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [onClose]);
  const network = view.networks.find((one) => one.id === id);
  const router = view.routers.find((one) => one.id === id);
  const shown = network ?? router;
  if (!shown) return null;
  return (
    <aside
      aria-label={t("panel")}
      className="fixed inset-y-0 top-11 right-0 z-20 flex w-[min(420px,100vw)] flex-col gap-4 overflow-y-auto border-l bg-surface p-5 shadow-float min-[1280px]:sticky min-[1280px]:h-[calc(100dvh-2.75rem)] min-[1280px]:shrink-0 min-[1280px]:shadow-none"
    >
      <div className="flex items-start justify-between gap-2">
        <h2 className="line-clamp-3 min-w-0 text-lead font-semibold">{shown.name}</h2>
        <IconButton label={tCommon("close")} onClick={onClose}>
          <X aria-hidden />
        </IconButton>
      </div>
      {network ? <NetworkFacts view={view} network={network} /> : null}
      {router ? <RouterFacts view={view} router={router} /> : null}
      <ButtonLink href={`/p/${projectId}/${network ? "networks" : "routers"}/${id}`} className="mt-auto">
        {t(network ? "openNetwork" : "openRouter")}
      </ButtonLink>
    </aside>
  );
}

function NetworkFacts({ view, network }: { view: TopologyView; network: TopologyNetworkRow }) {
  const t = useTranslations("topology");
  const members = view.instances.filter(({ ports }) =>
    ports.some(({ networkId }) => networkId === network.id),
  );
  const routers = view.routers.filter(({ legs }) => legs.some(({ networkId }) => networkId === network.id));
  return (
    <dl>
      <Fact name={t("kind")}>{t(network.external ? "external" : "internal")}</Fact>
      <Fact name={t("state")}>{t(network.status === "ACTIVE" ? "applied" : "applying")}</Fact>
      <Fact name={t("ranges")}>
        <code className="font-mono text-label">{network.cidrs.join(", ") || "–"}</code>
      </Fact>
      <Fact name={t("routers")}>{routers.map(({ name }) => name).join(", ") || "–"}</Fact>
      <Fact name={t("instances")}>{members.length}</Fact>
    </dl>
  );
}

function RouterFacts({ view, router }: { view: TopologyView; router: TopologyRouterRow }) {
  const t = useTranslations("topology");
  const nameOf = (id: string | null) => view.networks.find((one) => one.id === id)?.name ?? "–";
  return (
    <dl>
      <Fact name={t("state")}>{t(router.applied ? "applied" : "applying")}</Fact>
      <Fact name={t("gateway")}>
        {router.externalNetworkId === null ? t("noGateway") : nameOf(router.externalNetworkId)}{" "}
        <code className="font-mono text-label">{router.gatewayAddress}</code>
      </Fact>
      <Fact name="SNAT">{t(router.snat ? "on" : "off")}</Fact>
      {router.legs.map(({ networkId, address }) => (
        <Fact key={`${networkId}-${address}`} name={nameOf(networkId)}>
          <code className="font-mono text-label">{address}</code>
        </Fact>
      ))}
    </dl>
  );
}
