import type { GuestSample, Look, MetricsReport } from "@madang/core/wire/metrics";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { callerAs, launchOf, openTestCloud, placeGuest, type TestCloud } from "../testing.ts";
import type { AgentDeps } from "./deps.ts";
import { agentRouter } from "./router.ts";
import { agentCallerFactory } from "./trpc.ts";

let cloud: TestCloud;
let deps: AgentDeps;
let placed: Awaited<ReturnType<typeof placeGuest>>;
let instanceId: string;
/** The server's clock, before the true time. */
let aheadMs = 0;
beforeAll(async () => {
  cloud = await openTestCloud();
  const now = () => new Date(cloud.database.now().getTime() + aheadMs);
  deps = { ...cloud.deps, agents: { ...cloud.database, now }, bus: cloud.bus };
});
afterAll(() => cloud.close());
const launched = async () => {
  const input = launchOf(cloud);
  await callerAs(cloud, "cloudAdmin").instance.launch(input);
  return input.ids[0] ?? "";
};
beforeEach(async () => {
  aheadMs = 0;
  await cloud.database.prisma.$executeRaw`TRUNCATE instance, guest, metric_10s CASCADE`;
  await cloud.database.prisma.$executeRaw`UPDATE metric_level SET summed_until = now()`;
  instanceId = await launched();
  placed = await placeGuest(cloud.database, instanceId);
});

function agent({ hypervisorId, serial } = placed) {
  const certificate = { subjectAltName: `URI:madang://hypervisor/${hypervisorId}`, serialNumber: serial };
  return agentCallerFactory(agentRouter)({ deps, certificate, requestId: "req-test" });
}

const run = crypto.randomUUID();
const seconds = (amount: number) => amount * 1_000_000;
const sample = (cpuSeconds: number, more: Partial<GuestSample> = {}): GuestSample => ({
  guestId: placed.guestId,
  life: "1",
  cpuUs: seconds(cpuSeconds),
  residentKib: 102_400,
  usedKib: null,
  disks: [{ name: "vda", readBytes: cpuSeconds * 100, writtenBytes: 0, reads: 1, writes: 0 }],
  nics: [],
  ...more,
});
const look = (atSeconds: number, ...guests: GuestSample[]): Look => ({ clockMs: atSeconds * 1_000, guests });
const report = (looks: Look[], more: Partial<MetricsReport> = {}): MetricsReport => ({
  version: 1,
  run,
  clockMs: Math.max(...looks.map(({ clockMs }) => clockMs)),
  looks,
  ...more,
});

/** Read by SQL, in order. */
async function rows() {
  const { rows: found } = await cloud.database.pool.query(
    "SELECT instance_id, seconds, cpu_ms, resident_mib, read_bytes::float8, devices, at FROM metric_10s ORDER BY at",
  );
  return found;
}

test("two looks are one row of what was used between them, at the server's time", async () => {
  const before = Date.now();
  await agent().metrics(report([look(10, sample(5)), look(20, sample(9))]));
  expect(await rows()).toMatchObject([
    {
      instance_id: instanceId,
      ...{ seconds: 10, cpu_ms: 4_000, resident_mib: 100, read_bytes: 400 },
      devices: { "disk:vda": [400, 0, 0, 0] },
    },
  ]);
  const [{ at }] = await rows();
  expect(Math.abs(at.getTime() - before)).toBeLessThan(60_000);
});

test("what was taken once is not counted again, and the next report goes on from it", async () => {
  const first = report([look(10, sample(5)), look(20, sample(9))]);
  await agent().metrics(first);
  await agent().metrics(first);
  aheadMs = 10_000;
  await agent().metrics(report([look(30, sample(10))]));
  expect((await rows()).map(({ cpu_ms }) => cpu_ms)).toEqual([4_000, 1_000]);
});

test("an agent whose clock goes on further than the server's says nothing, and is counted from there", async () => {
  for (const minutes of [1, 2, 3, 4])
    await agent().metrics(report([look(60 * minutes, sample(60 * minutes))]));
  expect(await rows()).toEqual([]);
  aheadMs = 10_000;
  await agent().metrics(report([look(250, sample(242))]));
  expect((await rows()).map(({ cpu_ms }) => cpu_ms)).toEqual([2_000]);
});

test("looks that were sent late, after an absence, count each by its own age", async () => {
  await agent().metrics(report([look(10, sample(1))]));
  aheadMs = 300_000;
  await agent().metrics(report([look(20, sample(2)), look(30, sample(3))], { clockMs: 310_000 }));
  expect((await rows()).map(({ seconds: spread }) => spread)).toEqual([10, 10]);
});

test("looks closer together than they are made are one", async () => {
  await agent().metrics(report([0, 1, 2, 3, 4, 5, 6, 7].map((at) => look(10 + at, sample(at)))));
  expect((await rows()).map(({ seconds: spread }) => spread)).toEqual([5]);
});

test("a guest that was started again, and a counter that lies, leave a gap", async () => {
  await agent().metrics(
    report([
      look(10, sample(500)),
      look(20, sample(1, { life: "2" })),
      look(30, sample(2, { life: "2" })),
      look(40, sample(1_000_000, { life: "2" })),
      look(50, sample(5, { life: "2" })),
      look(60, sample(6, { life: "2" })),
    ]),
  );
  expect((await rows()).map(({ cpu_ms }) => cpu_ms)).toEqual([1_000, 1_000]);
});

test("a hypervisor says nothing of another's guests", async () => {
  const other = await placeGuest(cloud.database, await launched());
  const foreign = { guestId: placed.guestId };
  await agent(other).metrics(report([look(10, sample(1, foreign)), look(20, sample(2, foreign))]));
  expect(await rows()).toEqual([]);
  expect(await cloud.database.prisma.guestMeter.count({ where: { guestId: placed.guestId } })).toBe(0);
});

test("what is too old, or of the future, is not taken", async () => {
  await agent().metrics(
    report([look(0, sample(1)), look(10, sample(2)), look(2_000, sample(3))], { clockMs: 1_000_000 }),
  );
  expect(await rows()).toEqual([]);
});

test("while nobody sums up for hours nothing more is taken", async () => {
  await cloud.database.prisma
    .$executeRaw`UPDATE metric_level SET summed_until = now() - interval '7 hours' WHERE name = '2m'`;
  await agent().metrics(report([look(10, sample(5)), look(20, sample(9))]));
  expect(await rows()).toEqual([]);
});

test("an instance's samples go with it", async () => {
  await agent().metrics(report([look(10, sample(5)), look(20, sample(9))]));
  expect(await rows()).toHaveLength(1);
  await cloud.database.prisma.$executeRaw`UPDATE instance SET active_guest_id = NULL`;
  await cloud.database.prisma.$executeRaw`DELETE FROM allocation`;
  await cloud.database.prisma.$executeRaw`DELETE FROM guest`;
  await cloud.database.prisma.$executeRaw`DELETE FROM port WHERE instance_id IS NOT NULL`;
  await cloud.database.prisma.$executeRaw`DELETE FROM instance`;
  expect(await rows()).toEqual([]);
});
