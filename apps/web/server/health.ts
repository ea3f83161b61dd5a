/** What /api/health says: each part's state, no secrets. */

import { type Database, goneAfterMs } from "@madang/api/server";
import { downAfterMs } from "@madang/core/hypervisor/state";

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
  /** Signs of life older than this process are news of an earlier run, which may have ended with a power cut. */
  since: Date;
  expectAgent: boolean;
  agentListening: () => boolean;
};

/** The database's time: signs of life carry it or a clock close to it. */
export async function readClock({ pool }: Database): Promise<Date> {
  const { rows } = await pool.query<{ now: Date }>("SELECT now() AS now");
  return rows[0]?.now ?? new Date();
}

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

type Alive = { controller: boolean; agents: boolean };

const alive = `SELECT
  EXISTS (SELECT 1 FROM process WHERE kind = 'controller'
    AND last_seen_at > greatest($1, now() - make_interval(secs => $2))) AS controller,
  EXISTS (SELECT 1 FROM hypervisor WHERE revoked_at IS NULL
    AND last_seen_at > greatest($1, now() - make_interval(secs => $3))) AS agents`;

async function readStored({
  database,
  since,
}: HealthSources): Promise<Pick<Health, "database" | "controller" | "agents">> {
  try {
    const limits = [since, goneAfterMs / 1_000, downAfterMs / 1_000];
    const { rows } = await database.pool.query<Alive>(alive, limits);
    const state = (up: boolean | undefined) => (up ? "up" : "down");
    return { database: "up", controller: state(rows[0]?.controller), agents: state(rows[0]?.agents) };
  } catch {
    return { database: "down", controller: "down", agents: "down" };
  }
}
