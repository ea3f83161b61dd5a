/**
 * A thousand simulated hypervisors that report. The lag is how much later than five seconds after the last one each
 * report counts: the way there, the wait, and the transaction, on the web's own clock.
 */
import { setTimeout as pause } from "node:timers/promises";
import type pg from "pg";
import type { Figure } from "../figure.ts";
import { cpuSeconds, processesOf } from "../load/processes.ts";
import type { Stand } from "../stand/stand.ts";

const count = 1_000;
const intervalMs = 5_000;
const measureMs = 60_000;
const lookEveryMs = 1_000;
const joinLimitMs = 900_000;

export const hypervisors1000: Figure = {
  name: "hypervisors1000",
  unit: "s",
  aim: { of: "p95", atMost: 1 },
  stand: "thousand",
  measure: async (stand) => {
    await untilAllReport(stand.database);
    await pause(20_000);
    const before = cpuByPart(stand);
    const since = performance.now();
    const lags = await reportLags(stand.database);
    const seconds = (performance.now() - since) / 1000;
    const after = cpuByPart(stand);
    const shares = [...after].map(([part, used]) => {
      const share = (used - (before.get(part) ?? 0)) / seconds;
      return `${part} ${Math.round(share * 100)} %`;
    });
    return { samples: lags.map((lag) => lag / 1000), note: `CPU of one core: ${shares.join(", ")}` };
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

async function reportLags(database: pg.Pool): Promise<number[]> {
  const last = new Map<string, number>();
  const lags: number[] = [];
  const until = performance.now() + measureMs;
  while (performance.now() < until) {
    const { rows } = await database.query<{ id: string; at: Date }>(
      `SELECT id, last_seen_at AS at FROM hypervisor WHERE last_seen_at IS NOT NULL`,
    );
    for (const { id, at } of rows) {
      const known = last.get(id);
      if (known === at.getTime()) continue;
      if (known !== undefined) lags.push(Math.max(0, at.getTime() - known - intervalMs));
      last.set(id, at.getTime());
    }
    await pause(lookEveryMs);
  }
  return lags;
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
