import { lockInstance, lockProject, transaction } from "@madang/db";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { callerAs, launchOf, openTestCloud, refusal, type TestCloud } from "../testing.ts";
import { assignRole } from "./user.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await openTestCloud();
});
afterAll(() => cloud.close());
beforeEach(async () => {
  const { database, users, projectId, sessions } = cloud;
  await assignRole(database.prisma, users.member, projectId, "member");
  await database.prisma.session.update({ where: { id: sessions.member }, data: { revokedAt: null } });
});

/** Until some connection waits for a row that another one holds. */
async function somebodyWaits(): Promise<void> {
  await expect
    .poll(
      async () => {
        const { rows } = await cloud.database.pool.query<{ waits: boolean }>(
          `SELECT count(*) > 0 AS waits FROM pg_stat_activity
           WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        return rows[0]?.waits;
      },
      { timeout: 30_000, interval: 20 },
    )
    .toBe(true);
}

/** Lets the call in, holds it up at its lock, takes something from the caller, and lets it go on. */
async function heldUp(
  lock: (tx: Parameters<typeof lockProject>[0]) => Promise<unknown>,
  call: () => Promise<unknown>,
  take: () => Promise<unknown>,
) {
  const { database } = cloud;
  let refused: Promise<unknown> = Promise.resolve();
  await transaction(database.prisma, async (tx) => {
    await lock(tx);
    refused = refusal(call());
    refused.catch(() => {});
    await somebodyWaits();
    await take();
  });
  return await refused;
}

const loseRole = () =>
  cloud.database.prisma.roleAssignment.deleteMany({ where: { userId: cloud.users.member } });
const loseSession = () =>
  cloud.database.prisma.session.update({
    where: { id: cloud.sessions.member },
    data: { revokedAt: cloud.database.now() },
  });

test("a launch that waits while its caller is taken out of the project is refused", async () => {
  const launch = () => callerAs(cloud, "member").instance.launch(launchOf(cloud));
  const lock = (tx: Parameters<typeof lockProject>[0]) => lockProject(tx, cloud.projectId);
  const before = await cloud.database.prisma.instance.count();
  expect(await heldUp(lock, launch, loseRole)).toMatchObject({ reason: "projectNotFound" });
  await assignRole(cloud.database.prisma, cloud.users.member, cloud.projectId, "reader");
  await assignRole(cloud.database.prisma, cloud.users.member, cloud.projectId, "member");
  const toReader = () =>
    cloud.database.prisma.roleAssignment.deleteMany({
      where: { userId: cloud.users.member, role: "member" },
    });
  expect(await heldUp(lock, launch, toReader)).toMatchObject({ reason: "roleTooWeak" });
  await assignRole(cloud.database.prisma, cloud.users.member, cloud.projectId, "member");
  expect(await heldUp(lock, launch, loseSession)).toMatchObject({ reason: "signInNeeded" });
  expect(await cloud.database.prisma.instance.count()).toBe(before);
});

test("so is a deletion", async () => {
  const { ids } = await callerAs(cloud, "member").instance.launch(launchOf(cloud));
  const ref = { projectId: cloud.projectId, id: ids[0] ?? "" };
  const lock = (tx: Parameters<typeof lockProject>[0]) => lockInstance(tx, ref.id);
  const remove = () => callerAs(cloud, "member").instance.delete(ref);
  expect(await heldUp(lock, remove, loseRole)).toMatchObject({ reason: "projectNotFound" });
  const kept = await cloud.database.prisma.instance.findUniqueOrThrow({ where: { id: ref.id } });
  expect(kept.deleteRequestedAt).toBeNull();
});
