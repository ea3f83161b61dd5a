import type { ReportInput } from "@madang/core/wire/agent";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { callerAs, launchOf, openTestCloud, placeGuest, type TestCloud } from "../testing.ts";
import type { AgentDeps } from "./deps.ts";
import { agentRouter } from "./router.ts";
import { agentCallerFactory } from "./trpc.ts";

let cloud: TestCloud;
let deps: AgentDeps;
let placed: Awaited<ReturnType<typeof placeGuest>>;
beforeAll(async () => {
  cloud = await openTestCloud();
  deps = { ...cloud.deps, agents: cloud.database, bus: cloud.bus };
});
afterAll(() => cloud.close());
beforeEach(async () => {
  await cloud.database.prisma.$executeRaw`TRUNCATE instance, guest CASCADE`;
  const input = launchOf(cloud);
  await callerAs(cloud, "cloudAdmin").instance.launch(input);
  placed = await placeGuest(cloud.database, input.ids[0] ?? "");
});

function agent() {
  const certificate = {
    subjectAltName: `URI:madang://hypervisor/${placed.hypervisorId}`,
    serialNumber: placed.serial,
  };
  return agentCallerFactory(agentRouter)({ deps, certificate, requestId: "req-test" });
}

const oldBoot = crypto.randomUUID();
const newBoot = crypto.randomUUID();
const started = Date.now();
let sequence = 0;
const report = (bootId: string): ReportInput => ({
  version: 1,
  bootId,
  sequence: sequence++,
  agentStartedAt: new Date(bootId === oldBoot ? started : started + 60_000).toISOString(),
  agentVersion: "1",
  driver: "simulated",
  capabilities: {
    graphicalConsole: true,
    serialConsole: true,
    consoleLog: true,
    realDisks: false,
    acceleration: "none",
  },
  inventory: { vcpus: 8, ramMib: 16_384, diskGib: 100, cpuModel: "test", kernel: "test" },
  guests: [],
  orphans: [],
  complete: true,
});
const pull = (bootId: string) => agent().pull({ version: 1, bootId, revision: null });
const refusedAs = (reason: string) =>
  expect.objectContaining({
    cause: expect.objectContaining({ options: expect.objectContaining({ reason }) }),
  });
const hypervisor = (data: object) =>
  cloud.database.prisma.hypervisor.update({ where: { id: placed.hypervisorId }, data });

test("the boot that was fenced is refused for ever, another one is welcome", async () => {
  await agent().report(report(oldBoot));
  const fencedAt = new Date();
  await hypervisor({ fenceRequestedAt: fencedAt, fencedAt, fencedBootId: oldBoot });
  await expect(pull(oldBoot)).rejects.toEqual(refusedAs("fenced"));
  await expect(agent().report(report(oldBoot))).rejects.toEqual(refusedAs("fenced"));
  expect((await pull(newBoot)).guests).toHaveLength(1);
  await agent().report(report(newBoot));
  expect(await hypervisor({})).toMatchObject({ bootId: newBoot });
  await expect(pull(oldBoot)).rejects.toEqual(refusedAs("fenced"));
});

test("nothing is told while a fence is asked for and not carried out, and signs of life still count", async () => {
  await agent().report(report(oldBoot));
  await hypervisor({ fenceRequestedAt: new Date(), lastSeenAt: new Date(0) });
  await expect(pull(newBoot)).rejects.toEqual(refusedAs("beingFenced"));
  await agent().report(report(newBoot));
  const { lastSeenAt, fenceRequestedAt } = await hypervisor({});
  expect(lastSeenAt?.getTime()).toBeGreaterThan(0);
  await hypervisor({ fencedAt: fenceRequestedAt });
  expect((await pull(newBoot)).guests).toHaveLength(1);
});
