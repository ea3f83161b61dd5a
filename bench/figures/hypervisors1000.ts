/**
 * A thousand simulated hypervisors that report. The lag is a thousand-and-first one's: how long each of its reports waits
 * in the same line until it is taken, sent several times a second for a minute.
 */
import { setTimeout as pause } from "node:timers/promises";
import type pg from "pg";
import type { Figure } from "../figure.ts";
import { type HandAgent, joinByHand } from "../load/hand-agent.ts";
import { cpuSeconds, processesOf } from "../load/processes.ts";
import type { Stand } from "../stand/stand.ts";

const count = 1_000;
const settleMs = 20_000;
const measureMs = 60_000;
const reportEveryMs = 150;
const lookEveryMs = 1_000;
const joinLimitMs = 900_000;

export const hypervisors1000: Figure = {
  name: "hypervisors1000",
  unit: "s",
  aim: { of: "p95", atMost: 1 },
  stand: "thousand",
  measure: async (stand) => {
    await untilAllReport(stand.database);
    const agent = await joinByHand(stand.admin, "by-hand");
    await pause(settleMs);
    const before = cpuByPart(stand);
    const since = performance.now();
    const samples = await reportLags(agent);
    const seconds = (performance.now() - since) / 1000;
    const after = cpuByPart(stand);
    const silent = await lateHypervisors(stand.database);
    await agent.close();
    const shares = [...after].map(([part, used]) => {
      const share = (used - (before.get(part) ?? 0)) / seconds;
      return `${part} ${Math.round(share * 100)} %`;
    });
    return { samples, note: `CPU of one core: ${shares.join(", ")}; silent for over 7 s: ${silent}` };
  },
};

async function untilAllReport(database: pg.Pool): Promise<void> {
  const limit = Date.now() + joinLimitMs;
  for (;;) {
    const { rows } = await database.query<{ up: number }>(
      `SELECT count(*)::int AS up FROM hypervisor WHERE last_seen_at > now() - interval '15 seconds'`,
    );
    if ((rows[0]?.up ?? 0) >= count) return;
    if (Date.now() > limit) throw new Error(`only ${rows[0]?.up} hypervisors report`);
    await pause(lookEveryMs);
  }
}

/** In seconds. */
async function reportLags(agent: HandAgent): Promise<number[]> {
  const lags: number[] = [];
  for (const until = performance.now() + measureMs; performance.now() < until; ) {
    const since = performance.now();
    await agent.say([]);
    lags.push((performance.now() - since) / 1000);
    await pause(reportEveryMs);
  }
  return lags;
}

/** Each reports every 5 s: how many of them did not manage to. */
async function lateHypervisors(database: pg.Pool): Promise<number> {
  const { rows } = await database.query<{ late: number }>(
    `SELECT count(*)::int AS late FROM hypervisor WHERE last_seen_at < now() - interval '7 seconds'`,
  );
  return rows[0]?.late ?? 0;
}

const parts = [
  ["web", /apps\/web\/server\/main/],
  ["controller", /apps\/controller/],
  ["PostgreSQL", /postgres/],
  ["the simulator", /apps\/agent/],
] as const;

function cpuByPart({ cloud }: Stand): Map<string, number> {
  const all = processesOf(cloud.process.pid ?? 0, cloud.data);
  return new Map(
    parts.map(([part, pattern]) => {
      const pids = all.filter(({ command }) => pattern.test(command)).map(({ pid }) => pid);
      return [part, cpuSeconds(pids)];
    }),
  );
}
