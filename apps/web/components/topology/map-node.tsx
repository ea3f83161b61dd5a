"use client";

import { Globe, Network, Route, SquareTerminal, Unplug } from "lucide-react";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { memo, type ReactNode } from "react";
import type { Translate } from "../../lib/error-text.ts";
import { StatusMark } from "../instance/status-badge.tsx";
import { cn } from "../ui/class-names.ts";
import type { StatusCount, TopologyNode } from "./layout.ts";
import { nodeWords, statusCounts } from "./node-words.ts";

type MapNodeProps = {
  projectId: string;
  node: TopologyNode;
  /** By the Tab key; the others by arrows. */
  reachable: boolean;
  selected: boolean;
  onChoose: (node: TopologyNode) => void;
};
/** From far away a card is nothing but its state. */
const farTones: Record<StatusCount["status"], string> = {
  BUILD: "group-data-[detail=least]/map:bg-changing",
  ACTIVE: "group-data-[detail=least]/map:bg-running",
  SHUTOFF: "group-data-[detail=least]/map:bg-stopped",
  SOFT_DELETED: "group-data-[detail=least]/map:bg-stopped",
  REBOOT: "group-data-[detail=least]/map:bg-changing",
  HARD_REBOOT: "group-data-[detail=least]/map:bg-changing",
  ERROR: "group-data-[detail=least]/map:bg-danger",
};
/** The custom property that makes what is in the map as large as it would be outside of it. */
export const farScale = "--far-scale";

type Of<Kind extends TopologyNode["kind"]> = Extract<TopologyNode, { kind: Kind }>;

export const MapNode = memo(function MapNode(props: MapNodeProps) {
  const { projectId, node, reachable, selected, onChoose } = props;
  const t: Translate = useTranslations();
  const { x, y, width, height } = node;
  const isBand = node.kind === "network" || node.kind === "loose";
  return (
    <div
      className={cn("group/node absolute", isBand && "pointer-events-none")}
      style={{ left: x, top: y, width, height }}
    >
      {isBand ? <BandGround node={node} selected={selected} /> : null}
      {node.kind === "network" ? <FarName node={node} /> : null}
      <button
        type="button"
        data-node={node.key}
        tabIndex={reachable ? 0 : -1}
        aria-pressed={node.kind === "more" ? node.open : selected}
        onClick={() => onChoose(node)}
        style={isBand ? { height: node.header } : undefined}
        className={cn(
          "pointer-events-auto relative flex w-full min-w-0 items-center gap-2 text-left text-table",
          isBand ? "rounded-surface px-3" : "h-full rounded-control border bg-surface px-2.5 dark:bg-raised",
          !isBand &&
            (selected ? "border-accent bg-accent-soft dark:bg-accent-soft" : "hover:border-line-strong"),
          node.kind === "instance" && [node.again && "border-dashed", farTones[node.instance.status]],
          node.kind === "router" && "rounded-full px-4",
        )}
      >
        <span className="sr-only">{nodeWords(t, node)}</span>
        <Content node={node} />
      </button>
      {node.kind === "instance" ? <ConsoleLink projectId={projectId} node={node} /> : null}
    </div>
  );
});

function BandGround({ node, selected }: { node: Of<"network"> | Of<"loose">; selected: boolean }) {
  const external = node.kind === "network" && node.network.external;
  return (
    <div
      className={cn(
        "absolute inset-0 rounded-surface border",
        external ? "border-accent/50 bg-accent-soft" : "bg-background",
        node.kind === "loose" && "border-dashed",
        selected && "border-accent",
      )}
    />
  );
}

/** From far away a network's name is still read, over its cards. */
function FarName({ node: { network, width } }: { node: Of<"network"> }) {
  return (
    <span
      aria-hidden
      className="absolute top-0 left-0 z-10 hidden origin-top-left truncate rounded-control border bg-surface px-1 text-label font-semibold group-data-[detail=least]/map:block"
      style={{ scale: `var(${farScale})`, maxWidth: `calc(${width}px / var(${farScale}))` }}
    >
      {network.name}
    </span>
  );
}

function Content({ node }: { node: TopologyNode }) {
  if (node.kind === "network") return <NetworkContent node={node} />;
  if (node.kind === "loose") return <LooseContent node={node} />;
  if (node.kind === "router") return <RouterContent node={node} />;
  if (node.kind === "more") return <MoreContent node={node} />;
  return <InstanceContent node={node} />;
}

/** Shown while there is room to read it. */
function Small({ children }: { children: ReactNode }) {
  return (
    <span className="truncate text-label text-muted group-data-[detail=least]/map:sr-only group-data-[detail=less]/map:sr-only">
      {children}
    </span>
  );
}

function NetworkContent({ node: { network, counts } }: { node: Of<"network"> }) {
  const t = useTranslations("topology");
  const Icon = network.external ? Globe : Network;
  return (
    <>
      <Icon aria-hidden className={cn("size-4 shrink-0", network.external ? "text-accent" : "text-muted")} />
      <span className="max-w-[45%] truncate font-semibold">{network.name}</span>
      <Small>
        <code className="font-mono">{network.cidrs.join(", ")}</code>
      </Small>
      {network.external ? <Small>{t("external")}</Small> : null}
      {network.shared ? <Small>{t("shared")}</Small> : null}
      {network.status === "BUILD" ? <span className="text-label text-changing">{t("applying")}</span> : null}
      <Counts counts={counts} />
    </>
  );
}

function LooseContent({ node }: { node: Of<"loose"> }) {
  const t = useTranslations("topology");
  return (
    <>
      <Unplug aria-hidden className="size-4 shrink-0 text-muted" />
      <span className="truncate font-semibold">{t("loose")}</span>
      <Counts counts={node.counts} />
    </>
  );
}

function Counts({ counts }: { counts: readonly StatusCount[] }) {
  const t: Translate = useTranslations();
  return (
    <span className="ml-auto shrink-0 truncate text-label text-muted tabular-nums max-sm:hidden">
      {statusCounts(t, counts)}
    </span>
  );
}

function RouterContent({ node: { router, outside } }: { node: Of<"router"> }) {
  const t = useTranslations("topology");
  return (
    <>
      <Route aria-hidden className="size-4 shrink-0 text-accent" />
      <span className="truncate font-semibold">{router.name}</span>
      <Small>{outside ? <code className="font-mono">{router.gatewayAddress}</code> : t("noGateway")}</Small>
      {outside && router.snat ? <Small>SNAT</Small> : null}
      {router.applied ? null : <span className="text-label text-changing">{t("applying")}</span>}
    </>
  );
}

function InstanceContent({ node: { instance, addresses, small } }: { node: Of<"instance"> }) {
  return (
    <>
      <span className="group-data-[detail=least]/map:hidden">
        <StatusMark view={instance} />
      </span>
      <span className="flex min-w-0 flex-1 flex-col pr-6 group-data-[detail=least]/map:sr-only">
        <span className="truncate font-medium">{instance.name}</span>
        {small ? null : (
          <Small>
            <code className="font-mono">{addresses.join(" · ") || "–"}</code>
          </Small>
        )}
      </span>
    </>
  );
}

function MoreContent({ node }: { node: Of<"more"> }) {
  const t: Translate = useTranslations();
  return (
    <span className="flex min-w-0 flex-col">
      <span className="truncate font-medium text-accent">
        {node.open ? t("topology.fewer") : t("topology.more", { count: node.hidden })}
      </span>
      {node.open ? null : <Small>{statusCounts(t, node.counts)}</Small>}
    </span>
  );
}

function ConsoleLink({ projectId, node }: { projectId: string; node: Of<"instance"> }) {
  const t = useTranslations("topology");
  return (
    <Link
      href={`/p/${projectId}/instances/${node.instance.id}?tab=console`}
      tabIndex={-1}
      aria-label={t("consoleOf", { name: node.instance.name })}
      title={t("consoleOf", { name: node.instance.name })}
      className="absolute top-1/2 right-1.5 inline-flex size-7 -translate-y-1/2 items-center justify-center rounded-control text-muted hover:bg-sunken hover:text-text dark:hover:bg-line group-data-[detail=least]/map:hidden"
    >
      <SquareTerminal aria-hidden className="size-4" />
    </Link>
  );
}
