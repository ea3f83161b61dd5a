/** All rows of ours in the northbound database, for a topology. */
import type { Topology } from "@madang/core/network/topology";
import { type DesiredRow, keyOf } from "./desired-row.ts";
import { type Reaches, routerRows } from "./router.ts";
import { securityRows } from "./security.ts";
import { switchRows } from "./switch.ts";

/** Each once, though it be told twice: one bad row would have the whole transaction refused, and everybody's with it. */
export function desiredRows(topology: Topology, reaches: Reaches): DesiredRow[] {
  const rows = [...switchRows(topology), ...routerRows(topology, reaches), ...securityRows(topology)];
  return [...new Map(rows.map((row) => [`${row.table}:${keyOf(row.kind, row.id)}`, row])).values()];
}
