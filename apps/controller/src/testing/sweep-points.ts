/** Walks kill points of a role. The points are dealt out to lives: each is ended at every fourth, so four meet all. */
import type { KillPoint } from "./kill-point.ts";
import type { Role, SweepCloud } from "./sweep-cloud.ts";
import { awaitState, end, live, twice } from "./sweep-life.ts";
import { endHolder, interruptVolume, launchHolder, liveVolume } from "./sweep-volume-life.ts";

export type Walk = Pick<KillPoint, "kind" | "when" | "how"> & {
  /** Whose: commits that speak of it count. */
  life: "instance" | "volume";
  role: Role;
  /** `delete`: the user loses patience in the moment of the kill and deletes what he has. */
  ending: "go on" | "delete";
};

export type Walked = { walk: Walk; hit: number };

const stride = 4;
/** Who is killed in the middle of each attempt, for ever, gets nowhere: a life has a right to end. */
const mostDeaths = 8;
/** A launch has no more points than these, so a life that is deleted in the middle of it is ended at each of them. */
const launchPoints = 5;

type Life = {
  /** Before any point counts. Answers the id of what the life needs beside itself. */
  before: (cloud: SweepCloud) => Promise<string>;
  live: (cloud: SweepCloud, id: string, beside: string) => Promise<void>;
  interrupted: (cloud: SweepCloud, id: string, beside: string, dead: Promise<"dead">) => Promise<void>;
  /** When none counts any more. */
  after: (cloud: SweepCloud, beside: string) => Promise<void>;
};

const lives: Record<Walk["life"], Life> = {
  instance: {
    before: async () => "",
    live: (cloud, id) => live(cloud, id),
    interrupted: (cloud, id, _beside, dead) => interrupted(cloud, id, dead),
    after: async () => {},
  },
  volume: { before: launchHolder, live: liveVolume, interrupted: interruptVolume, after: endHolder },
};

/** Answers how many points the life met. */
async function livePoints(cloud: SweepCloud, walk: Walk, at: number): Promise<number> {
  const { role, kind, when, how, ending } = walk;
  const [process] = cloud.processes[role];
  if (!process) throw new Error(`no ${role}`);
  const id = crypto.randomUUID();
  const life = lives[walk.life];
  const beside = await life.before(cloud);
  const point = { kind, when, how, watch: id, every: ending === "go on" ? stride : null };
  const death = Promise.withResolvers<"dead">();
  const byItself = Promise.withResolvers<never>();
  byItself.promise.catch(() => {});
  let deaths = 0;
  let over = false;
  let recovery: Promise<void> = Promise.resolve();
  const severedBefore = process.severed();
  const recover = async () => {
    if (role === "controller") await cloud.endLeases();
    await process.start();
    if (!over && point.every !== null && deaths < mostDeaths)
      await process.arm({ ...point, at: point.every });
  };
  const all = Object.values(cloud.processes).flat();
  for (const other of all)
    other.onDeath((cause) => byItself.reject(new Error(`${other.name} ended by itself: ${cause}`)));
  process.onDeath((cause) => {
    if (cause !== "SIGKILL") return byItself.reject(new Error(`${process.name} ended by itself: ${cause}`));
    deaths++;
    death.resolve("dead");
    recovery = recover();
    recovery.catch((error: unknown) => byItself.reject(error));
  });
  await process.arm({ ...point, at });
  try {
    const walked =
      ending === "go on" ? life.live(cloud, id, beside) : life.interrupted(cloud, id, beside, death.promise);
    await Promise.race([walked, byItself.promise]);
    // A last repetition of something may still meet a point.
    over = true;
    await process.arm(null);
    await recovery;
    await life.after(cloud, beside);
    return deaths + process.severed() - severedBefore;
  } finally {
    over = true;
    await process.arm(null);
    for (const one of all) one.onDeath(null);
    await recovery.catch(() => {});
    for (const one of all) await one.startIfDown();
  }
}

async function interrupted(cloud: SweepCloud, id: string, dead: Promise<"dead">): Promise<void> {
  const built = twice(cloud, "launch", id).then(() => awaitState(cloud, id, "ACTIVE"));
  built.catch(() => {});
  await Promise.race([built, dead]);
  // What was asked must have been taken before it can be taken back.
  await twice(cloud, "launch", id);
  await end(cloud, id);
}

/** The points that lives begin at, so that all that there are are met. */
export const everyStart = ({ ending }: Walk): number[] =>
  Array.from({ length: ending === "go on" ? stride : launchPoints }, (_, index) => index + 1);

/** Half of them: with an odd `offset` the others than with an even one. */
export const someStarts = (walk: Walk, offset: number): number[] =>
  everyStart(walk).filter((at) => (at + offset) % 2 === 1);

/** Clouds that walks share; each life has one for itself. */
export type SweepPool = <T>(work: (cloud: SweepCloud) => Promise<T>) => Promise<T>;

export function poolOf(clouds: readonly SweepCloud[]): SweepPool {
  const free = [...clouds];
  const waiting: ((cloud: SweepCloud) => void)[] = [];
  return async (work) => {
    const cloud = free.shift() ?? (await new Promise<SweepCloud>((resolve) => waiting.push(resolve)));
    try {
      return await work(cloud);
    } finally {
      const next = waiting.shift();
      if (next) next(cloud);
      else free.push(cloud);
    }
  };
}

/** Throws with the first point of a life in which something was wrong. */
export async function walkPoints(
  pool: SweepPool,
  walk: Walk,
  starts: readonly number[] = everyStart(walk),
): Promise<Walked> {
  let wrong = false;
  const life = (at: number) =>
    pool(async (cloud) => {
      if (wrong) return 0;
      try {
        return await livePoints(cloud, walk, at);
      } catch (error) {
        wrong = true;
        throw new Error(`${Object.values(walk).join(" ")}, from point ${at} on: ${error}`, { cause: error });
      }
    });
  const met = await Promise.allSettled(starts.map(life));
  const failed = met.find((one) => one.status === "rejected");
  if (failed) throw failed.reason;
  const hit = met.reduce((sum, one) => sum + (one.status === "fulfilled" ? one.value : 0), 0);
  return { walk, hit };
}
