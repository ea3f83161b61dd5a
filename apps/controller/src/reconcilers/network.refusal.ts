/** What the network will not have as it is: told once for each wish, in the trail and to whoever waits for it. */
import type { PublicError } from "@madang/core/errors";
import { appendEvents, type Database, type HintTopic, type NewEvent, transaction } from "@madang/db";
import { recordFault } from "./network.apply.ts";
import type { RefusedRows } from "./network.plan.ts";
import type { NetworkReading, OwnedRow } from "./network.view.ts";
import { controllerActor } from "./record.ts";

/** The generations that were told of already, by the row's id; a process keeps one. */
export type Told = Map<string, number>;

type Deps = { database: Database; publish: (...topics: HintTopic[]) => void; told?: Told };

export async function recordRefusals(
  { database, publish, told = new Map() }: Deps,
  reading: NetworkReading,
  refused: RefusedRows,
): Promise<void> {
  const rows = rowsOf(reading, refused);
  const news = rows.filter(({ row }) => told.get(row.id) !== row.generation);
  if (news.length > 0) {
    await transaction(database.prisma, (tx) => appendEvents(tx, news.map(eventOf)));
    publish("event");
  }
  told.clear();
  for (const { row } of rows) told.set(row.id, row.generation);
  if (refused.ports.size > 0) await recordFault({ database, publish }, portRefused, refused.ports);
}

const portRefused: PublicError = {
  code: "Unavailable",
  reason: "networkRefused",
  message: "The network refuses one of its ports as it is.",
  retry: "later",
};

type Line = { kind: string; row: OwnedRow };

function rowsOf(reading: NetworkReading, refused: RefusedRows): Line[] {
  const lines = (kind: string, rows: readonly OwnedRow[], ids: ReadonlySet<string>): Line[] =>
    ids.size === 0 ? [] : rows.filter(({ id }) => ids.has(id)).map((row) => ({ kind, row }));
  const ports = reading.ports.map((port) => ({ ...port, name: port.name || port.mac }));
  return [
    ...lines("network", reading.networks, refused.networks),
    ...lines("port", ports, refused.ports),
    ...lines("router", reading.routers, refused.routers),
    ...lines("floating_ip", reading.floatingIps, refused.floatingIps),
    ...lines("security_group", reading.securityGroups, refused.securityGroups),
  ];
}

const eventOf = ({ kind, row }: Line): NewEvent => ({
  ...controllerActor,
  projectId: row.projectId,
  resourceKind: kind,
  resourceId: row.id,
  resourceName: row.name,
  action: `${kind}.refused`,
  result: "failed",
  params: {},
});
