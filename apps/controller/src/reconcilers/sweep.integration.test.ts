/**
 * The convergence sweep: one life of an instance, again and again, with the controller killed at its k-th commit, once
 * just before it and once just after, for every k there is. Each time the next controller must come to the same end,
 * and the trail must say each thing once.
 */
import type { Prisma } from "@madang/db";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  addHypervisor,
  addInstance,
  answer,
  obey,
  openTestCloud,
  type TestCloud,
  wish,
} from "../testing/rows.ts";
import { reconcileInstance } from "./instance.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await openTestCloud();
  await addHypervisor(cloud);
  await addHypervisor(cloud);
});
afterAll(() => cloud.close());

class Killed extends Error {}
type Kill = { at: number; when: "before" | "after" };

/** A client whose k-th transaction ends as a kill would end it. `reached` counts them. */
function dyingPrisma(prisma: Prisma, kill: Kill): { prisma: Prisma; reached: () => number } {
  let count = 0;
  const $transaction = async (work: (tx: unknown) => Promise<unknown>, options: object) => {
    const mine = ++count;
    const answered = await prisma.$transaction(async (tx) => {
      const result = await work(tx);
      if (mine === kill.at && kill.when === "before") throw new Killed();
      return result;
    }, options);
    if (mine === kill.at) throw new Killed();
    return answered;
  };
  const dying = new Proxy(prisma, {
    get: (target, name) => (name === "$transaction" ? $transaction : Reflect.get(target, name)),
  });
  return { prisma: dying, reached: () => count };
}

/** One pass; a controller that is killed in it is followed by another that sees only the rows. */
async function pass(prisma: Prisma, id: string): Promise<void> {
  try {
    await reconcileInstance({ ...cloud.deps, prisma }, id);
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
    await reconcileInstance({ ...cloud.deps, prisma }, id);
  }
}

/** Fails on one hypervisor, is built on the other, stops, starts, powers itself off, starts again, reboots, is deleted. */
async function life(prisma: Prisma): Promise<string> {
  const id = await addInstance(cloud);
  const run = () => pass(prisma, id);
  const guest = () => cloud.database.prisma.guest.findFirstOrThrow({ where: { instanceId: id } });
  await run();
  const fault = { code: "Internal", reason: "guestStart", message: "no", retry: "elsewhere" } as const;
  await answer(cloud, await guest(), { observed: "failed", fault });
  await run();
  await obey(cloud, id);
  await run();
  await obey(cloud, id);
  await run();
  for (const kind of ["instance.stop", "instance.start"] as const) {
    await wish(cloud, id, kind);
    await run();
    await obey(cloud, id);
    await run();
  }
  await answer(cloud, await guest(), { observed: "stopped", stopCause: "shutdown" });
  await run();
  await obey(cloud, id);
  await run();
  for (const kind of ["instance.start", "instance.reboot", "instance.delete"] as const) {
    await wish(cloud, id, kind);
    await run();
    await obey(cloud, id);
    await run();
  }
  return id;
}

async function expectEnd(id: string): Promise<void> {
  const { prisma } = cloud.database;
  expect(await prisma.instance.count()).toBe(0);
  expect(await prisma.guest.count()).toBe(0);
  expect(await prisma.allocation.count()).toBe(0);
  const said = await prisma.event.findMany({ where: { resourceId: id }, orderBy: { id: "asc" } });
  expect(said.map(({ action }) => action)).toEqual([
    "instance.scheduled",
    "instance.failed",
    "instance.scheduled",
    "instance.running",
    "instance.stopped",
    "instance.running",
    "instance.self-stopped",
    "instance.running",
    "instance.rebooted",
    "instance.deleted",
  ]);
  const operations = await prisma.operation.findMany({ where: { resourceId: id } });
  expect(operations.map(({ state }) => state)).toEqual(operations.map(() => "succeeded"));
}

/** Fewer would mean that the life above no longer walks where it should. */
const leastCommits = 16;

it("comes to the same end wherever the controller is killed", { timeout: 300_000 }, async (context) => {
  const whole = dyingPrisma(cloud.database.prisma, { at: 0, when: "before" });
  await expectEnd(await life(whole.prisma));
  const commits = whole.reached();
  expect(commits).toBeGreaterThanOrEqual(leastCommits);
  for (let at = 1; at <= commits; at++) {
    for (const when of ["before", "after"] as const) {
      const { prisma } = dyingPrisma(cloud.database.prisma, { at, when });
      await expectEnd(await life(prisma));
    }
  }
  await context.annotate(`${commits * 2} kill points`);
});
