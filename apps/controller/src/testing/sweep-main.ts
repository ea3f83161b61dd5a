/**
 * `npm run sweep -- --seeds N [--seed FIRST] [--seconds S] [--minutes M] [--points [--life instance|volume]]`: N storms of
 * S seconds, one seed after the other, begun for at most M minutes; before them, with `--points`, every kill point there is in
 * the lives of an instance and of a volume (or of one of them), with both endings. Ends with 1 and the seed when something was
 * wrong; the logs of that cloud are then kept.
 */
import { cpSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type SweepServer, startSweepCloud, startSweepServer } from "./sweep-cloud.ts";
import { poolOf, type Walk, walkPoints } from "./sweep-points.ts";
import { type Storm, storm } from "./sweep-storm.ts";
import { stateOf } from "./sweep-truth.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "5" },
    seed: { type: "string", default: "1" },
    seconds: { type: "string", default: "45" },
    minutes: { type: "string", default: "600" },
    points: { type: "boolean", default: false },
    life: { type: "string" },
  },
});

const say = (text: string) => process.stdout.write(`${text}\n`);
const began = performance.now();
const seconds = (since: number) => `${((performance.now() - since) / 1_000).toFixed(0)} s`;

async function walkAll(server: SweepServer): Promise<number> {
  const clouds = [];
  for (const name of ["points_1", "points_2", "points_3"])
    clouds.push(await startSweepCloud(server, name, { hypervisors: 2 }));
  const pool = poolOf(clouds);
  let hit = 0;
  for (const walk of everyWalk()) {
    const since = performance.now();
    const walked = await walkPoints(pool, walk);
    hit += walked.hit;
    say(`${Object.values(walk).join(" ")}: ${walked.hit} points, ${seconds(since)}`);
  }
  await Promise.all(clouds.map((cloud) => cloud.close()));
  return hit;
}

function everyWalk(): Walk[] {
  const whens = ["before", "after"] as const;
  const ends = ["go on", "delete"] as const;
  const lives = (["instance", "volume"] as const).filter((life) => !values.life || values.life === life);
  const ways = [
    { role: "controller", kind: "commit", how: "kill" },
    { role: "controller", kind: "commit", how: "sever" },
    { role: "web", kind: "commit", how: "kill" },
    { role: "web", kind: "commit", how: "sever" },
    { role: "agent", kind: "driver", how: "kill" },
    { role: "controller", kind: "driver", how: "kill" },
  ] as const;
  const all = whens.flatMap((when) =>
    ends.flatMap((ending) => ways.map((way) => ({ ...way, when, ending }))),
  );
  return lives.flatMap((life) => all.map((walk) => ({ life, ...walk })));
}

async function weather(server: SweepServer, seed: number): Promise<Storm> {
  const hypervisors = 4;
  const cloud = await startSweepCloud(server, `storm_${seed}`, { hypervisors, controllers: 2, webs: 2 });
  try {
    return await storm(server, cloud, { seed, ms: Number(values.seconds) * 1_000, hypervisors });
  } catch (error) {
    const kept = join(tmpdir(), `madang-sweep-seed-${seed}`);
    cpSync(join(server.folder, `storm_${seed}`), kept, { recursive: true });
    writeFileSync(join(kept, "state.json"), await stateOf(cloud).catch(String), { mode: 0o600 });
    throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : error}\nlogs: ${kept}`, {
      cause: error,
    });
  } finally {
    await cloud.close();
  }
}

async function sweep(server: SweepServer): Promise<void> {
  if (values.points) say(`${await walkAll(server)} kill points in ${seconds(began)}`);
  const first = Number(values.seed);
  let done = 0;
  const total: Record<string, number> = {};
  while (done < Number(values.seeds) && performance.now() - began < Number(values.minutes) * 60_000) {
    const since = performance.now();
    const counts = await weather(server, first + done);
    for (const [name, count] of Object.entries(counts)) total[name] = (total[name] ?? 0) + count;
    say(`seed ${first + done}: ${JSON.stringify(counts)} ${seconds(since)}`);
    done++;
  }
  say(`${done} seeds in ${seconds(began)}: ${JSON.stringify(total)}`);
}

const server = await startSweepServer();
try {
  await sweep(server);
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
} finally {
  await server.close();
}
process.exit();
