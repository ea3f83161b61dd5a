/** What /api/health says: each part's state, no secrets. */
import { type Database, goneAfterMs, readHypervisorCounts } from "@madang/api/server";

export type PartState = "up" | "down" | "starting";
export type Health = {
  ok: boolean;
  database: PartState;
  controller: PartState;
  agents: PartState;
  agentListener: PartState;
  web: PartState;
};

export type HealthSources = {
  database: Database;
  expectAgent: boolean;
  agentListening: () => boolean;
};

export async function readHealth(sources: HealthSources): Promise<Health> {
  const parts = {
    ...(await readStored(sources)),
    agentListener: sources.agentListening() ? ("up" as const) : ("starting" as const),
    web: "up" as const,
  };
  const needed = [
    parts.database,
    parts.controller,
    parts.agentListener,
    ...(sources.expectAgent ? [parts.agents] : []),
  ];
  return { ok: needed.every((state) => state === "up"), ...parts };
}

async function readStored({
  database,
}: HealthSources): Promise<Pick<Health, "database" | "controller" | "agents">> {
  try {
    const { rows } = await database.pool.query<{ alive: boolean }>(
      `SELECT EXISTS (SELECT 1 FROM process WHERE kind = 'controller'
         AND last_seen_at > now() - make_interval(secs => $1)) AS alive`,
      [goneAfterMs / 1_000],
    );
    const counts = await readHypervisorCounts(database);
    const agents = counts.up > 0 ? "up" : "down";
    return { database: "up", controller: rows[0]?.alive ? "up" : "down", agents };
  } catch {
    return { database: "down", controller: "down", agents: "down" };
  }
}
