import { afterAll, beforeAll, expect, test } from "vitest";
import { callerAs, openTestCloud, refusal, type TestCloud } from "../testing.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await openTestCloud();
});
afterAll(() => cloud.close());

test("a hypervisor's row carries the first few of its orphans and how many there are; the rest go by pages", async () => {
  const { prisma } = cloud.database;
  const hypervisorId = crypto.randomUUID();
  const orphans = Array.from({ length: 1_200 }, (_, index) => ({
    ...{ guestId: crypto.randomUUID(), name: `lost ${String(index % 600).padStart(4, "0")}` },
    ...{ observed: "running", body: null },
  }));
  await prisma.hypervisor.create({ data: { id: hypervisorId, name: "host", orphans } });
  const ordered = { hypervisorId, guestId: orphans[0]?.guestId ?? "", name: "lost 0000" };
  await prisma.orphanOrder.create({
    data: { id: crypto.randomUUID(), ...ordered, requestedAt: new Date(0) },
  });
  const { admin } = callerAs(cloud, "cloudAdmin");
  const [row] = (await admin.hypervisor.list({})).items;
  expect(row).toMatchObject({ orphanCount: 1_200 });
  expect(row?.orphans.map(({ name }) => name)).toEqual(
    Array.from({ length: 10 }, (_, index) => `lost 000${Math.floor(index / 2)}`),
  );
  expect(row?.orphans.filter(({ destroy }) => destroy !== null)).toHaveLength(1);
  const names: string[] = [];
  const ids = new Set<string>();
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof admin.orphan.list>> = await admin.orphan.list({
      ...{ hypervisorId, limit: 500, cursor },
    });
    expect(page.total).toBe(1_200);
    names.push(...page.items.map(({ name }) => name));
    for (const { guestId } of page.items) ids.add(guestId);
    cursor = page.nextCursor;
  } while (cursor !== null);
  expect(names).toEqual(names.toSorted());
  expect([names.length, ids.size]).toEqual([1_200, 1_200]);
  const other = { hypervisorId: crypto.randomUUID() };
  expect(await admin.orphan.list(other)).toMatchObject({ items: [], total: 0 });
  expect(await refusal(callerAs(cloud, "admin").admin.orphan.list({ hypervisorId }))).toMatchObject({
    reason: "roleTooWeak",
  });
});
