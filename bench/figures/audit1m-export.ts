/** All 1,000,000 events as one CSV over HTTP, and what that costs the web process in memory. After `audit1m.list`, which fills the trail. */

import { readFile } from "node:fs/promises";
import { get } from "node:http";
import type pg from "pg";
import type { Figure } from "../figure.ts";
import { fillTrail } from "../load/trail.ts";

const count = 1_000_000;
const lookEveryMs = 250;
/** More than this and the rows are gathered, not streamed, MB: as objects they are above a thousand, as text a quarter of it. */
const mostGrowth = 400;

async function webPid(database: pg.Pool): Promise<number> {
  const { rows } = await database.query<{ pid: number }>(
    `SELECT pid FROM process WHERE kind = 'web' ORDER BY last_seen_at DESC LIMIT 1`,
  );
  return rows[0]?.pid ?? 0;
}

async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1_000;
}

/** Answers how many lines came. */
function download(url: string, cookie: string): Promise<number> {
  return new Promise((resolve, reject) => {
    get(`${url}/api/export/audit.csv`, { headers: { cookie } }, (response) => {
      let lines = 0;
      response.on("data", (chunk: Buffer) => {
        for (const byte of chunk) if (byte === 10) lines += 1;
      });
      response.once("error", reject);
      response.once("end", () => (response.complete ? resolve(lines) : reject(new Error("cut off"))));
    }).once("error", reject);
  });
}

export const audit1mExport: Figure = {
  name: "audit1m.export",
  unit: "s",
  aim: null,
  stand: "simulated",
  measure: async ({ cloud, admin, database }) => {
    const { rows } = await database.query<{ count: number }>(`SELECT count(*)::int AS count FROM event`);
    if ((rows[0]?.count ?? 0) < count) await fillTrail(database, count);
    const pid = await webPid(database);
    const before = await residentMb(pid);
    let most = before;
    const watch = setInterval(async () => {
      most = Math.max(most, await residentMb(pid));
    }, lookEveryMs);
    const since = performance.now();
    const lines = await download(cloud.url, admin.cookie).finally(() => clearInterval(watch));
    const seconds = (performance.now() - since) / 1_000;
    if (lines <= count) throw new Error(`only ${lines} lines came`);
    const grown = Math.round(most - before);
    if (grown > mostGrowth) throw new Error(`the web process grew by ${grown} MB`);
    const note = `${lines} lines; the web process grew by ${grown} MB from ${Math.round(before)} MB`;
    return { samples: [seconds], note };
  },
};
