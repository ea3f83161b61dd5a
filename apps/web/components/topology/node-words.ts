/** What a node is, for those who hear the map instead of seeing it. */
import type { Translate } from "../../lib/error-text.ts";
import type { StatusCount, TopologyNode } from "./layout.ts";

export function nodeWords(t: Translate, node: TopologyNode): string {
  switch (node.kind) {
    case "network": {
      const { name, external, cidrs } = node.network;
      const kind = external ? "externalWords" : "networkWords";
      return t(`topology.${kind}`, { name, ranges: cidrs.join(", "), counts: statusCounts(t, node.counts) });
    }
    case "loose":
      return t("topology.looseWords", { counts: statusCounts(t, node.counts) });
    case "router": {
      const { name, gatewayAddress } = node.router;
      if (node.outside === null) return t("topology.closedRouterWords", { name });
      return t("topology.routerWords", { name, outside: node.outside, address: gatewayAddress ?? "" });
    }
    case "more":
      return node.open ? t("topology.fewer") : t("topology.more", { count: node.hidden });
    case "instance": {
      const { name, status } = node.instance;
      const addresses = node.addresses.join(", ");
      return t("topology.instanceWords", { name, status: t(`statuses.${status}`), addresses });
    }
  }
}

export function statusCounts(t: Translate, counts: readonly StatusCount[]): string {
  return counts.map(({ status, count }) => `${count} ${t(`statuses.${status}`)}`).join(" · ");
}
