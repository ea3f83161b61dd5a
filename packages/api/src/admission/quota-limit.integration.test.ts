import type { QuotaResource } from "@madang/core/quota/resource";
import { lockProject, quotaLines, transaction } from "@madang/db";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { openTestCloud, type TestCloud } from "../testing.ts";
import { type NewLimits, setLimits } from "./quota-limit.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await openTestCloud();
});
afterAll(async () => {
  await cloud.close();
});
beforeEach(async () => {
  await cloud.database.prisma.quota.deleteMany();
});

function set(limits: NewLimits, until: Date | null = null) {
  return transaction(cloud.database.prisma, async (tx) => {
    await lockProject(tx, cloud.projectId);
    return await setLimits(tx, cloud.projectId, limits, until);
  });
}

async function line(resource: QuotaResource) {
  const lines = await quotaLines(cloud.database.prisma, cloud.projectId, cloud.users.member);
  return lines.find((one) => one.resource === resource);
}

/** Turns the clock on for the limits that end, without waiting. */
async function pass(): Promise<void> {
  await cloud.database.pool.query(
    `UPDATE quota SET expires_at = now() - interval '1 second' WHERE expires_at IS NOT NULL`,
  );
}

const inAnHour = () => new Date(cloud.database.now().getTime() + 3_600_000);

test("a limit comes from the default until the project has its own, and again afterwards", async () => {
  expect(await line("instances")).toEqual({
    ...{ resource: "instances", limit: 10, inUse: 0, default: 10, source: "default", until: null },
  });
  expect(await set({ instances: 12, cores: -1 })).toEqual({ instances: [10, 12], cores: [20, -1] });
  expect(await line("instances")).toMatchObject({ limit: 12, default: 10, source: "project", until: null });
  expect(await set({ instances: null })).toEqual({ instances: [12, 10] });
  expect(await line("instances")).toMatchObject({ limit: 10, source: "default" });
});

test("a limit that ends gives back what counted before, whether or not anybody tidies up", async () => {
  const until = inAnHour();
  await set({ instances: 30, ram: 100 }, until);
  expect(await line("instances")).toMatchObject({ limit: 30, until: { at: until, limit: 10 } });
  await pass();
  expect(await line("instances")).toMatchObject({ limit: 10, source: "default", until: null });
  await set({ instances: 15 });
  await set({ instances: 40 }, until);
  await set({ instances: 50 }, until);
  expect(await line("instances")).toMatchObject({ limit: 50, until: { at: until, limit: 15 } });
  await pass();
  expect(await line("instances")).toMatchObject({ limit: 15, source: "project", until: null });
  // What had expired hides nothing of the next one.
  await set({ instances: 60 }, inAnHour());
  expect(await line("instances")).toMatchObject({ limit: 60, until: { limit: 15 } });
  await set({ instances: 70 });
  expect(await line("instances")).toMatchObject({ limit: 70, until: null });
});

test("a limit can't end in the past", async () => {
  const past = new Date(cloud.database.now().getTime() - 60_000);
  const options = { reason: "expiryPassed", field: "expiresAt" };
  await expect(set({ instances: 11 }, past)).rejects.toMatchObject({ code: "InvalidInput", options });
  expect(await line("instances")).toMatchObject({ limit: 10 });
});

test("a limit that ends can't cut short another one that ends later", async () => {
  const [sooner, later] = [inAnHour(), new Date(inAnHour().getTime() + 3_600_000)];
  await set({ instances: 30 }, later);
  const options = { reason: "expiryBeforeOther", field: "expiresAt" };
  await expect(set({ cores: 5, instances: 40 }, sooner)).rejects.toMatchObject({ options });
  expect(await line("instances")).toMatchObject({ limit: 30, until: { at: later } });
  expect(await line("cores")).toMatchObject({ source: "default" });
  await set({ instances: 40 }, later);
  expect(await line("instances")).toMatchObject({ limit: 40, until: { at: later, limit: 10 } });
});
