/** Whether this controller can work: it reaches the database, and its rounds end well. */

import { degraded, failed, type Health, overallHealth, type PartHealth, well } from "@madang/core/health";
import { type Database, readQueues } from "@madang/db";
import { within } from "@madang/telemetry";

const patienceMs = 3_000;
const backlogSeconds = 15;
/** A round may be late by this much beyond its period, ms. */
const graceMs = 30_000;

/** When each round last ended well, and how often it should. */
export type Rounds = Map<string, { periodMs: number; endedAt: number }>;

export async function readControllerHealth(database: Database, rounds: Rounds): Promise<Health> {
  const queues = await within(readQueues(database), patienceMs);
  const oldestSeconds = Math.max(0, ...(queues ?? []).map((queue) => queue.oldestSeconds));
  const parts = {
    database: queues ? well() : failed("unreachable"),
    rounds: judgeRounds(rounds, performance.now()),
    queue: judgeQueue(queues !== null, oldestSeconds),
  };
  return overallHealth(parts, ["database", "rounds"]);
}

function judgeQueue(known: boolean, oldestSeconds: number): PartHealth {
  if (!known) return failed("unknown");
  return oldestSeconds > backlogSeconds ? degraded("backlog", { oldestSeconds }) : well({ oldestSeconds });
}

export function judgeRounds(rounds: Rounds, now: number): PartHealth {
  const late = [...rounds.values()].filter(({ periodMs, endedAt }) => now - endedAt > 2 * periodMs + graceMs);
  return late.length > 0 ? failed("notWorking", { late: late.length }) : well({ rounds: rounds.size });
}
