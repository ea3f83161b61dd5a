/** A cloud in a fresh database with people of every role, and the API as each of them sees it. */
import { type PublicError, publicError } from "@madang/core/errors";
import type { Role } from "@madang/core/identity/permission";
import type { LaunchInput } from "@madang/core/instance/launch";
import { reclaimMs, scheduleTimeoutMs } from "@madang/core/instance/machine";
import { initialQuota } from "@madang/core/quota/resource";
import {
  type Database,
  listenHints,
  openDatabase,
  openHints,
  openPlacementBoard,
  openQueue,
} from "@madang/db";
import { freshDatabase } from "@madang/db/testing";
import { TRPCError } from "@trpc/server";
import { openLaunchLine } from "./admission/launch-line.ts";
import { assignRole, assignSystemRole } from "./admission/user.ts";
import { makeAdmissionQueue } from "./admission-queue.ts";
import { connectionContext } from "./context.ts";
import type { AdmissionDeps, ApiDeps } from "./deps.ts";
import { cloudErrorOf } from "./error-table.ts";
import { type HintBus, makeHintBus } from "./hint-bus.ts";
import { openIdentityReader } from "./identity.ts";
import { silentMeter } from "./meter.ts";
import { openRateLimits } from "./rate-limit.ts";
import { appRouter } from "./router.ts";
import { makeSeal } from "./seal.ts";
import { openAccessWatch } from "./stream/access-watch.ts";
import { openEventReader } from "./stream/event-reader.ts";
import { callerFactory } from "./trpc.ts";

export { emptyDatabase, freshDatabase } from "@madang/db/testing";

export type TestCloud = {
  deps: ApiDeps;
  database: Database;
  bus: HintBus;
  /**
   * Every person but `outsider` works in `projectId`; he works in `otherProjectId`. `cloudAdmin` in none. `grouped` is a
   * member by a group alone.
   */
  projectId: string;
  otherProjectId: string;
  flavorId: string;
  imageId: string;
  sessions: Record<Person, string>;
  users: Record<Person, string>;
  close: () => Promise<void>;
};

/** Admins of the project in every other respect, who must get nowhere: the account, or the session, is no longer good. */
export const turnedAway = ["disabled", "revoked", "expired"] as const;
export const people = [
  "cloudAdmin",
  "cloudReader",
  "admin",
  "manager",
  "member",
  "reader",
  "outsider",
  "nobody",
  "grouped",
  ...turnedAway,
] as const;
export type Person = (typeof people)[number];

export async function openTestCloud(): Promise<TestCloud> {
  const fresh = await freshDatabase();
  const database = openDatabase(fresh.url, 30);
  const boss = await openQueue(fresh.url, false, () => {});
  const bus = makeHintBus();
  const stopListening = listenHints(fresh.url, bus.emit);
  const hints = openHints(database);
  const events = openEventReader(database, bus);
  const access = openAccessWatch(database);
  const quiet = () => {};
  const admission: AdmissionDeps = {
    admission: database,
    boss,
    hints,
    seal: makeSeal("ab".repeat(32)),
    admissions: makeAdmissionQueue(),
    scheduleTimeoutMs,
    reclaimMs,
  };
  const deps: ApiDeps = {
    ...admission,
    reads: database,
    identities: openIdentityReader(database),
    launches: openLaunchLine(admission),
    placement: openPlacementBoard(database),
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    meter: silentMeter,
    limits: await openRateLimits(database),
    events,
    access,
    about: { version: "test", url: "http://localhost", agentUrl: "https://localhost:1" },
  };
  const close = async () => {
    access.close();
    hints.close();
    await events.close();
    await stopListening();
    await boss.stop({ graceful: false });
    await database.close();
    await fresh.drop();
  };
  return { deps, database, bus, close, ...(await populate(database)) };
}

async function populate(database: Database) {
  const { prisma } = database;
  const [domainId, projectId, otherProjectId, flavorId, imageId] = Array.from({ length: 5 }, () =>
    crypto.randomUUID(),
  );
  if (!domainId || !projectId || !otherProjectId || !flavorId || !imageId) throw new TypeError("no ids");
  await prisma.domain.create({ data: { id: domainId, name: "default" } });
  const projects = [
    { id: projectId, domainId, name: "garden" },
    { id: otherProjectId, domainId, name: "elsewhere" },
  ];
  await prisma.project.createMany({ data: projects });
  await prisma.flavor.create({ data: { id: flavorId, name: "small", vcpus: 1, ramMib: 256, diskGib: 1 } });
  await prisma.image.create({
    data: {
      id: imageId,
      name: "tiny",
      visibility: "public",
      status: "active",
      diskFormat: "qcow2",
      sha256: "a".repeat(64),
      sizeBytes: 1_000n,
      virtualSizeBytes: 64n * 1024n ** 2n,
    },
  });
  await prisma.quotaDefault.createMany({ data: [...initialQuota] });
  const made = await Promise.all(people.map((person) => addPerson(database, domainId, person)));
  const users = byPerson(made.map(({ userId }) => userId));
  const roles: [Person, Role][] = [
    ["admin", "admin"],
    ["manager", "manager"],
    ["member", "member"],
    ["reader", "reader"],
  ];
  for (const [person, role] of roles) await assignRole(prisma, users[person], projectId, role);
  await assignRole(prisma, users.outsider, otherProjectId, "manager");
  await addByGroup(database, domainId, projectId, users.grouped);
  for (const person of turnedAway) await assignRole(prisma, users[person], projectId, "admin");
  await assignSystemRole(prisma, users.cloudAdmin, "admin");
  await assignSystemRole(prisma, users.cloudReader, "reader");
  const sessions = byPerson(made.map(({ sessionId }) => sessionId));
  await prisma.user.update({ where: { id: users.disabled }, data: { enabled: false } });
  await prisma.session.update({ where: { id: sessions.revoked }, data: { revokedAt: new Date(0) } });
  await prisma.session.update({ where: { id: sessions.expired }, data: { expiresAt: new Date(0) } });
  return { projectId, otherProjectId, flavorId, imageId, users, sessions };
}

function byPerson(ids: string[]): Record<Person, string> {
  const of = (person: Person) => ids[people.indexOf(person)] ?? "";
  return {
    cloudAdmin: of("cloudAdmin"),
    cloudReader: of("cloudReader"),
    admin: of("admin"),
    manager: of("manager"),
    member: of("member"),
    reader: of("reader"),
    outsider: of("outsider"),
    nobody: of("nobody"),
    grouped: of("grouped"),
    disabled: of("disabled"),
    revoked: of("revoked"),
    expired: of("expired"),
  };
}

async function addByGroup({ prisma }: Database, domainId: string, projectId: string, userId: string) {
  const groupId = crypto.randomUUID();
  await prisma.group.create({ data: { id: groupId, domainId, name: "gardeners" } });
  await prisma.groupMember.create({ data: { groupId, userId } });
  await prisma.groupRoleAssignment.create({ data: { groupId, projectId, role: "member" } });
}

async function addPerson({ prisma }: Database, domainId: string, name: string) {
  const [userId, sessionId] = [crypto.randomUUID(), crypto.randomUUID()];
  await prisma.user.create({ data: { id: userId, domainId, name } });
  const expiresAt = new Date(Date.now() + 3_600_000);
  await prisma.session.create({
    data: { id: sessionId, userId, expiresAt, address: "127.0.0.1", userAgent: "test" },
  });
  return { userId, sessionId };
}

const makeCaller = callerFactory(appRouter);

/** null: nobody is signed in. */
export function callerAs(cloud: TestCloud, person: Person | null) {
  return callerWith(cloud, person && cloud.sessions[person], null, "127.0.0.1");
}

/** A program with that bearer; the cookie of an administrator that it sends too must count for nothing. */
export function programWith(cloud: TestCloud, bearer: string, address = "192.0.2.1") {
  return callerWith(cloud, cloud.sessions.cloudAdmin, bearer, address);
}

function callerWith(cloud: TestCloud, sessionId: string | null, bearer: string | null, address: string) {
  const requestId = `req-${crypto.randomUUID()}`;
  return makeCaller(
    connectionContext(cloud.deps, { sessionId, bearer, requestId, address, userAgent: "test" }),
  );
}

/** What a call was refused with, as a client sees it; fails when it was not. */
export async function refusal(attempt: Promise<unknown>): Promise<PublicError> {
  try {
    await attempt;
  } catch (error) {
    if (error instanceof TRPCError) return publicError.parse(cloudErrorOf(error).toPublic());
    throw error;
  }
  throw new Error("expected a refusal");
}

export function launchOf(cloud: TestCloud, fields: Partial<LaunchInput> = {}): LaunchInput {
  return {
    ids: [crypto.randomUUID()],
    projectId: cloud.projectId,
    name: "web",
    imageId: cloud.imageId,
    bootVolume: null,
    volumes: [],
    flavorId: cloud.flavorId,
    keyPairId: null,
    password: null,
    userData: null,
    availabilityZone: null,
    deleteProtection: false,
    crashPolicy: "restart",
    networks: [],
    reachable: false,
    securityGroupIds: null,
    ...fields,
  };
}

/** A hypervisor with a guest for the instance, as the controller would have placed it. */
export async function placeGuest(
  { prisma }: Database,
  instanceId: string,
  fields: { observed?: "running" | "stopped" } = {},
) {
  const [hypervisorId, guestId, serial] = [
    crypto.randomUUID(),
    crypto.randomUUID(),
    crypto.randomUUID().replaceAll("-", ""),
  ];
  await prisma.hypervisor.create({ data: { id: hypervisorId, name: `host-${serial}` } });
  await prisma.certificate.create({
    data: {
      id: crypto.randomUUID(),
      kind: "hypervisor",
      subjectId: hypervisorId,
      pem: "made by the test",
      serial,
      notAfter: new Date(Date.now() + 3_600_000),
    },
  });
  await prisma.guest.create({
    data: {
      id: guestId,
      instanceId,
      hypervisorId,
      desired: "running",
      instanceGeneration: 1,
      ...(fields.observed ? { observed: fields.observed, ackedGeneration: 1 } : {}),
    },
  });
  const launchedAt = fields.observed ? new Date() : null;
  await prisma.instance.update({ where: { id: instanceId }, data: { activeGuestId: guestId, launchedAt } });
  return { hypervisorId, guestId, serial };
}
