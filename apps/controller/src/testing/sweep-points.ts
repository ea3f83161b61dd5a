/** Walks all kill points of a role: life after life, each ended at the next one, until a life meets no more. */
import type { KillPoint } from "./kill-point.ts";
import type { Role, SweepCloud } from "./sweep-cloud.ts";
import { awaitState, end, live, twice } from "./sweep-life.ts";

export type Walk = Pick<KillPoint, "kind" | "when" | "how"> & {
  role: Role;
  /** `delete`: the user loses patience in the moment of the kill and deletes what he has. */
  ending: "go on" | "delete";
};

export type Walked = { walk: Walk; hit: number };

/** Ends at point `at`, or answers false because the life was over before. */
async function livePoint(cloud: SweepCloud, walk: Walk, at: number): Promise<boolean> {
  const { role, kind, when, how, ending } = walk;
  const [process] = cloud.processes[role];
  if (!process) throw new Error(`no ${role}`);
  const id = crypto.randomUUID();
  const death = Promise.withResolvers<"dead">();
  let deaths = 0;
  let recovery: Promise<void> = Promise.resolve();
  const severedBefore = process.severed();
  process.onDeath((cause) => {
    deaths++;
    if (cause !== "SIGKILL") return death.reject(new Error(`${process.name} ended by itself: ${cause}`));
    death.resolve("dead");
    recovery = (role === "controller" ? cloud.endLeases() : Promise.resolve()).then(() => process.start());
  });
  await process.arm({ kind, at, when, how, watch: id });
  try {
    const walked = ending === "go on" ? live(cloud, id) : interrupted(cloud, id, death.promise);
    const failed = death.promise.then(() => new Promise<never>(() => {}));
    await Promise.race([walked, failed]);
    await recovery;
    return deaths > 0 || process.severed() > severedBefore;
  } finally {
    process.onDeath(null);
    await process.arm(null);
  }
}

async function interrupted(cloud: SweepCloud, id: string, dead: Promise<"dead">): Promise<void> {
  const built = (async () => {
    await twice(cloud, "launch", id);
    await awaitState(cloud, id, "ACTIVE");
    return "built" as const;
  })();
  built.catch(() => {});
  await Promise.race([built, dead]);
  // The request to launch must have been made before it can be taken back.
  await twice(cloud, "launch", id);
  await end(cloud, id);
}

/** Several clouds share a walk: each takes the next point. Throws with the point at which something was wrong. */
export async function walkPoints(clouds: readonly SweepCloud[], walk: Walk): Promise<Walked> {
  let next = 1;
  let hit = 0;
  let over = false;
  const worker = async (cloud: SweepCloud) => {
    while (!over) {
      const at = next++;
      const met = await livePoint(cloud, walk, at).catch((error: unknown) => {
        over = true;
        const { role, kind, when, how, ending } = walk;
        throw new Error(`${how} ${role} ${when} ${kind} ${at}, then ${ending}: ${error}`, { cause: error });
      });
      if (met) hit++;
      else over = true;
    }
  };
  await Promise.all(clouds.map(worker));
  return { walk, hit };
}
