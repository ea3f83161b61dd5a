/** Long polls where every hint is lost: what one look for all of them finds. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type HintBus, makeHintBus } from "../hint-bus.ts";
import { callerAs, launchOf, openTestCloud, placeGuest, type TestCloud } from "../testing.ts";
import type { AgentDeps } from "./deps.ts";
import { openLooks, type SnapshotLooks } from "./looks.ts";
import { agentRouter } from "./router.ts";
import { agentCallerFactory } from "./trpc.ts";

let cloud: TestCloud;
let deps: AgentDeps;
let looks: SnapshotLooks;
let bus: HintBus;
let placed: Awaited<ReturnType<typeof placeGuest>>;
const bootId = crypto.randomUUID();

beforeAll(async () => {
  cloud = await openTestCloud();
  // Nobody tells this bus of anything but the looks themselves.
  bus = makeHintBus();
  looks = openLooks(cloud.database, bus, cloud.deps.log);
  deps = { ...cloud.deps, agents: cloud.database, bus, looks };
});
afterAll(async () => {
  looks.close();
  await cloud.close();
});
beforeEach(async () => {
  await cloud.database.prisma.$executeRaw`TRUNCATE instance, guest CASCADE`;
  const input = launchOf(cloud);
  await callerAs(cloud, "cloudAdmin").instance.launch(input);
  placed = await placeGuest(cloud.database, input.ids[0] ?? "");
});

function pull(revision: string | null) {
  const certificate = {
    subjectAltName: `URI:madang://hypervisor/${placed.hypervisorId}`,
    serialNumber: placed.serial.toUpperCase(),
  };
  const caller = agentCallerFactory(agentRouter)({ deps, certificate, requestId: "req-test" });
  return caller.pull({ version: 1, bootId, revision });
}

test("an order that no hint told of is found before the poll ends", async () => {
  const { revision } = await pull(null);
  const hintFor = (hypervisorId: string) =>
    new Promise<void>((resolve) => {
      const off = bus.on(`hypervisor:${hypervisorId}`, () => {
        off();
        resolve();
      });
    });
  // Whom the looks see for the first time they hint at once. By the next look, of which somebody unknown tells, the poll
  // that was woken by it waits again.
  const first = hintFor(placed.hypervisorId);
  const waiting = pull(revision);
  await first;
  const stranger = crypto.randomUUID();
  const unwatch = looks.watch({ hypervisorId: stranger, serial: "" });
  await hintFor(stranger);
  unwatch();
  const hinted = hintFor(placed.hypervisorId);
  const order = { desired: "stopped", generation: 2 } as const;
  await cloud.database.prisma.guest.update({ where: { id: placed.guestId }, data: order });
  await hinted;
  expect((await waiting).guests[0]).toMatchObject(order);
});

test("what a guest reports is no reason to answer", async () => {
  const { revision } = await pull(null);
  let answered = false;
  const waiting = pull(revision).finally(() => {
    answered = true;
  });
  const { prisma } = cloud.database;
  await prisma.guest.update({ where: { id: placed.guestId }, data: { phase: "starting", percent: 3 } });
  const other = pull(null);
  expect((await other).revision).toBe(revision);
  expect(answered).toBe(false);
  await prisma.guest.update({ where: { id: placed.guestId }, data: { desired: "absent", generation: 2 } });
  expect((await waiting).guests[0]).toMatchObject({ desired: "absent" });
});

test("a revoked hypervisor's poll ends without a hint", async () => {
  const { revision } = await pull(null);
  const refused = expect(pull(revision)).rejects.toMatchObject({ code: "UNAUTHORIZED" });
  const { hypervisorId } = placed;
  await cloud.database.prisma.hypervisor.update({
    where: { id: hypervisorId },
    data: { revokedAt: new Date() },
  });
  await refused;
});
