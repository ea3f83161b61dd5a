/** A thousand instances on simulated hypervisors, each looked at every ten seconds: what it costs to keep what they use. */
import { setTimeout as pause } from "node:timers/promises";
import type pg from "pg";
import type { Figure } from "../figure.ts";
import { clearProject } from "../load/clear.ts";
import { launchInput } from "../load/launch.ts";
import { openPeople } from "../load/people.ts";
import { cpuSeconds, processesOf } from "../load/processes.ts";
import type { Stand } from "../stand/stand.ts";

const instances = 1_000;
const perLaunch = 100;
const windows = 6;
const windowMs = 20_000;
const lookEveryMs = 1_000;
const patienceMs = 600_000;

/** CPU of web, controller and PostgreSQL together for each row, whatever else they do for these instances included. */
export const metricsWrite: Figure = {
  name: "metrics.write",
  unit: "ms",
  aim: { of: "p50", atMost: 5 },
  stand: "simulated",
  measure: async (stand) => {
    const [person] = await openPeople(stand, "measured", 1, 1);
    if (!person) throw new Error("nobody");
    for (let at = 0; at < instances; at += perLaunch)
      await person.client.post(
        "instance.launch",
        launchInput(person.projectId, person.form, "many", perLaunch),
      );
    await untilAllAreSampled(stand.database);
    const samples: number[] = [];
    const rates: number[] = [];
    const began = cpuByPart(stand);
    const since = performance.now();
    for (let window = 0; window < windows; window++) {
      const [cpu, rows] = [total(cpuByPart(stand)), await count(stand.database)];
      const from = performance.now();
      await pause(windowMs);
      const written = (await count(stand.database)) - rows;
      samples.push(((total(cpuByPart(stand)) - cpu) * 1_000) / Math.max(1, written));
      rates.push(written / ((performance.now() - from) / 1_000));
    }
    const seconds = (performance.now() - since) / 1_000;
    const shares = [...cpuByPart(stand)].map(
      ([part, used]) => `${part} ${Math.round(((used - (began.get(part) ?? 0)) / seconds) * 100)} %`,
    );
    const bytes = await bytesPerRow(stand.database);
    await clearProject(person, stand.database);
    person.client.close();
    const rate = Math.round(rates.reduce((sum, one) => sum + one, 0) / rates.length);
    const note = `${instances} instances, ${rate} rows/s of ${bytes} bytes; CPU of one core: ${shares.join(", ")}`;
    return { samples, note };
  },
};

/** Whole windows of a ring may be emptied meanwhile; what came is what is newer than the last count's rows. */
async function count(database: pg.Pool): Promise<number> {
  const { rows } = await database.query<{ rows: number }>(
    "SELECT count(*)::int AS rows FROM metric_10s WHERE at > now() - interval '50 minutes'",
  );
  return rows[0]?.rows ?? 0;
}

async function bytesPerRow(database: pg.Pool): Promise<number> {
  const { rows } = await database.query<{ bytes: number }>(
    `SELECT (sum(pg_total_relation_size(inhrelid)) / greatest(1, (SELECT count(*) FROM metric_10s)))::int AS bytes
     FROM pg_inherits WHERE inhparent = 'metric_10s'::regclass`,
  );
  return rows[0]?.bytes ?? 0;
}

async function untilAllAreSampled(database: pg.Pool): Promise<void> {
  const limit = Date.now() + patienceMs;
  for (;;) {
    const { rows } = await database.query<{ known: number }>(
      "SELECT count(DISTINCT instance_id)::int AS known FROM metric_10s",
    );
    if ((rows[0]?.known ?? 0) >= instances) return;
    if (Date.now() > limit) throw new Error(`only ${rows[0]?.known} instances are sampled`);
    await pause(lookEveryMs);
  }
}

const parts = [
  ["web", /apps\/web\/server\/main/],
  ["controller", /apps\/controller/],
  ["PostgreSQL", /postgres/],
] as const;

function cpuByPart({ cloud }: Stand): Map<string, number> {
  const all = processesOf(cloud.process.pid ?? 0, cloud.data);
  return new Map(
    parts.map(([part, pattern]) => [
      part,
      cpuSeconds(all.filter(({ command }) => pattern.test(command)).map(({ pid }) => pid)),
    ]),
  );
}

const total = (used: Map<string, number>) => [...used.values()].reduce((sum, one) => sum + one, 0);
