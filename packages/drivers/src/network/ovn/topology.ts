/** All rows of ours in the northbound database, for a topology. */
import type { Topology } from "@madang/core/network/topology";
import type { DesiredRow } from "./desired-row.ts";
import { routerRows } from "./router.ts";
import { securityRows } from "./security.ts";
import { switchRows } from "./switch.ts";

export function desiredRows(topology: Topology): DesiredRow[] {
  return [...switchRows(topology), ...routerRows(topology), ...securityRows(topology)];
}
