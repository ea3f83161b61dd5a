/** A project's figures over real HTTP, read by a parser of Prometheus' own text. */
import { parsePrometheus } from "@madang/telemetry/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { callTrpc, password, signIn, startTestWeb, type TestWeb } from "./testing.ts";

let web: TestWeb;
let bearer: string;
const guestId = crypto.randomUUID();
const instanceId = crypto.randomUUID();
const hostile = 'a "name"\\with\nnew lines} 1 한글';
beforeAll(async () => {
  web = await startTestWeb();
  const cookie = (await signIn(web.env, "mina", password)).cookie ?? "";
  const wish = { id: crypto.randomUUID(), projectId: web.projectId, name: "prometheus", roles: ["reader"] };
  const input = { ...wish, expiresAt: null, accessRules: ["project.metrics"] };
  const made = await callTrpc(web.env, cookie, { path: "credential.create", input });
  bearer = z.object({ bearer: z.string() }).parse(made.data).bearer;
  await addRunning();
}, 180_000);
afterAll(() => web.close(), 60_000);

async function addRunning(): Promise<void> {
  const { prisma } = web.database;
  const hypervisorId = crypto.randomUUID();
  await prisma.hypervisor.create({ data: { id: hypervisorId, name: "h" } });
  await prisma.instance.create({
    data: {
      ...{ id: instanceId, projectId: web.projectId, name: hostile, hostname: "one", flavorName: "small" },
      ...{ vcpus: 2, ramMib: 1024, diskGib: 1, machineType: "pc-q35-7.2", status: "ACTIVE" },
      ...{ scheduleDeadline: new Date(), activeGuestId: guestId },
    },
  });
  await prisma.guest.create({
    data: { id: guestId, instanceId, hypervisorId, desired: "running", instanceGeneration: 1 },
  });
  await prisma.guestMeter.create({
    data: {
      ...{ guestId, at: new Date(), run: crypto.randomUUID(), clockMs: 1 },
      sample: {
        ...{ guestId, life: "1", cpuUs: 12_500_000, residentKib: 1_000, usedKib: null },
        disks: [{ name: "vda", readBytes: 11, writtenBytes: 12, reads: 13, writes: 14 }],
        nics: [{ name: "tap00000000000", inBytes: 21, outBytes: 22, inPackets: 23, outPackets: 24 }],
      },
    },
  });
}

const scrape = (headers: Record<string, string> = {}, projectId = web.projectId) =>
  fetch(`${web.env.url}/metrics/projects/${projectId}`, { headers });
const withToken = () => ({ authorization: `Bearer ${bearer}` });

const family = z.object({
  name: z.string(),
  type: z.string(),
  metrics: z.array(z.object({ value: z.string(), labels: z.record(z.string(), z.string()).optional() })),
});
async function families() {
  const answer = await scrape(withToken());
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toContain("text/plain; version=0.0.4");
  const parsed = z.array(family).parse(parsePrometheus(await answer.text()));
  return new Map(parsed.map((one) => [one.name, one]));
}

test("a credential reads the counters of its project's instances, whatever their names", async () => {
  const found = await families();
  const cpu = found.get("madang_instance_cpu_seconds_total");
  expect(cpu?.type).toBe("COUNTER");
  expect(cpu?.metrics).toMatchObject([{ value: "12.5", labels: { instance_id: instanceId } }]);
  expect(found.get("madang_instance_up")?.metrics[0]?.value).toBe("1");
  expect(found.get("madang_instance_memory_resident_bytes")?.metrics[0]?.value).toBe("1024000");
  expect(found.get("madang_instance_disk_writes_total")?.metrics).toMatchObject([
    { value: "14", labels: { disk: "vda" } },
  ]);
  expect(found.get("madang_instance_network_receive_bytes_total")?.metrics[0]?.value).toBe("21");
});

test("nobody else does", async () => {
  expect((await scrape()).status).toBe(401);
  expect((await scrape({ authorization: "Bearer mdg_no" })).status).toBe(401);
  expect((await scrape(withToken(), crypto.randomUUID())).status).toBe(404);
  expect((await scrape(withToken(), "not-a-project")).status).toBe(404);
});

test("an instance that nobody looked at lately has no counters", async () => {
  await web.database.pool.query("UPDATE guest_meter SET at = now() - interval '10 minutes'");
  const found = await families();
  expect(found.get("madang_instance_cpu_seconds_total")?.metrics).toEqual([]);
  expect(found.get("madang_instance_vcpus")?.metrics).toHaveLength(1);
});

test("whoever asks too often is told when to come back", async () => {
  const answers = await Promise.all(Array.from({ length: 40 }, () => scrape(withToken())));
  const refused = answers.filter(({ status }) => status === 429);
  expect(refused.length).toBeGreaterThan(0);
  expect(Number(refused[0]?.headers.get("retry-after"))).toBeGreaterThan(0);
});
