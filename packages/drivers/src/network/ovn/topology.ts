/** All rows of ours in the northbound database, for a topology. */
import type { Topology } from "@madang/core/network/topology";
import type { Pieces } from "@madang/core/turns";
import { type DesiredRow, keyOf } from "./desired-row.ts";
import { type Reaches, routerRows } from "./router.ts";
import { securityRows } from "./security.ts";
import { switchRows } from "./switch.ts";

/** Each once, though it be told twice: one bad row would have the whole transaction refused. Parts come after what they are of. */
export function* desiredRows(topology: Topology, reaches: Reaches, cloudId: string): Pieces<DesiredRow[]> {
  const lists = [
    yield* switchRows(topology),
    yield* routerRows(topology, reaches),
    yield* securityRows(topology, cloudId),
  ];
  const rows = new Map<string, DesiredRow>();
  for (const list of lists) {
    for (const row of list) {
      rows.set(`${row.table}:${keyOf(row.kind, row.id)}`, row);
      yield;
    }
  }
  return [...rows.values()];
}
