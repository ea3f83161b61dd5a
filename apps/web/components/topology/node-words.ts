/** What those hear of a node who don't see its icon and its place; its name and addresses they hear as they stand there. */
import type { Translate } from "../../lib/error-text.ts";
import type { StatusCount, TopologyNode } from "./layout.ts";

export function nodeWords(t: Translate, node: TopologyNode): string {
  switch (node.kind) {
    case "network":
      return t(node.network.external ? "topology.externalWords" : "topology.networkWords");
    case "router":
      return node.outside === null
        ? t("topology.closedRouterWords")
        : t("topology.routerWords", { outside: node.outside });
    case "instance":
      return t("topology.instanceWords", { status: t(`statuses.${node.instance.status}`) });
    case "loose":
    case "more":
      return "";
  }
}

export function statusCounts(t: Translate, counts: readonly StatusCount[]): string {
  return counts.map(({ status, count }) => `${count} ${t(`statuses.${status}`)}`).join(" · ");
}
