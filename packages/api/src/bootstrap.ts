/** What a new cloud needs before anybody can sign in. Safe to repeat, and when two run it at once. */
import { randomInt } from "node:crypto";
import { initialQuota } from "@madang/core/quota/resource";
import type { Database, Prisma } from "@madang/db";
import { createJoinToken } from "./admission/join-token.ts";
import { type ImageFile, registerImage } from "./admission/register-image.ts";
import { assignRole, assignSystemRole, createUser, ensureProject } from "./admission/user.ts";
import { type ExternalNetwork, type ExternalOutcome, ensureExternalNetwork } from "./external-network.ts";

export { resetOnHost } from "./admission/host-reset.ts";
export { passwordResetPath } from "./admission/password-reset.ts";
export { recordCommand } from "./admission/record-on-host.ts";
export { assignRole, assignSystemRole, createUser, ensureProject, removeRole } from "./admission/user.ts";
export { externalNetwork } from "./external-network.ts";

export type BootstrapWish = {
  /** null: one is made, and answered once. */
  adminPassword: string | null;
  images: readonly ImageFile[];
  store: string;
  /** Names of hypervisors of this machine that get a join token if they have not joined yet. */
  joining: readonly string[];
  /** Left out: what is there stays as it is. */
  external?: ExternalNetwork | null;
};

export type Bootstrapped = {
  adminName: string;
  adminPassword: string | null;
  joinTokens: string[];
  external: ExternalOutcome | null;
};

export const adminName = "admin";
const domainName = "default";

const flavors = [
  { name: "m1.nano", vcpus: 1, ramMib: 128, diskGib: 0 },
  { name: "m1.tiny", vcpus: 1, ramMib: 256, diskGib: 1 },
  { name: "m1.small", vcpus: 1, ramMib: 512, diskGib: 5 },
  { name: "m1.medium", vcpus: 2, ramMib: 2_048, diskGib: 20 },
  { name: "m1.large", vcpus: 4, ramMib: 4_096, diskGib: 40 },
] as const;

/** `ram` in MiB. */
const templates = [
  { name: "small", limits: { instances: 5, cores: 10, ram: 20_480 } },
  { name: "medium", limits: { instances: 20, cores: 40, ram: 102_400 } },
  { name: "large", limits: { instances: 100, cores: 200, ram: 512_000 } },
] as const;

async function makeTemplates(prisma: Prisma): Promise<void> {
  for (const template of templates)
    await prisma.quotaTemplate.createMany({
      data: [{ id: crypto.randomUUID(), ...template }],
      skipDuplicates: true,
    });
}

export async function bootstrap(database: Database, wish: BootstrapWish): Promise<Bootstrapped> {
  const lock = await database.pool.connect();
  try {
    await lock.query(`SELECT pg_advisory_lock(hashtext('madang_bootstrap'))`);
    return await prepare(database, wish);
  } finally {
    // Ends the connection, and with it the lock.
    lock.release(true);
  }
}

async function prepare(database: Database, wish: BootstrapWish): Promise<Bootstrapped> {
  const { prisma } = database;
  const domainId = await ensureDomain(prisma);
  // Before there is an administrator: he may delete them, and they don't come back.
  if ((await prisma.systemRoleAssignment.count()) === 0) await makeTemplates(prisma);
  const adminPassword = await ensureAdmin(prisma, domainId, wish.adminPassword);
  if ((await prisma.flavor.count()) === 0) {
    const data = flavors.map((flavor) => ({ id: crypto.randomUUID(), ...flavor }));
    await prisma.flavor.createMany({ data, skipDuplicates: true });
  }
  await ensureVolumeType(prisma);
  await prisma.quotaDefault.createMany({ data: [...initialQuota], skipDuplicates: true });
  for (const image of wish.images) await registerImage(prisma, wish.store, image);
  const external = wish.external ? await ensureExternalNetwork(prisma, wish.external) : null;
  return { adminName, adminPassword, external, joinTokens: await joinTokens(database, wish.joining) };
}

/** What a volume is that names no type. An administrator may choose another; that one stays so. */
async function ensureVolumeType(prisma: Prisma): Promise<void> {
  if ((await prisma.volumeType.count()) > 0) return;
  const data = { id: crypto.randomUUID(), name: "standard", backend: "file", isDefault: true };
  await prisma.volumeType.createMany({ data: [data], skipDuplicates: true });
}

/** Answers the id of the one domain. */
export async function ensureDomain(prisma: Prisma): Promise<string> {
  await prisma.domain.createMany({
    data: [{ id: crypto.randomUUID(), name: domainName }],
    skipDuplicates: true,
  });
  return (await prisma.domain.findUniqueOrThrow({ where: { name: domainName } })).id;
}

/** Answers the password when it was made here. The first administrator comes with a first project. */
async function ensureAdmin(prisma: Prisma, domainId: string, given: string | null): Promise<string | null> {
  const known = await prisma.user.findUnique({ where: { domainId_name: { domainId, name: adminName } } });
  if (known && (await prisma.systemRoleAssignment.count({ where: { userId: known.id } })) > 0) return null;
  const password = given ?? newPassword();
  const user = { name: adminName, email: null, password, mustChangePassword: false };
  const userId = known?.id ?? (await createUser(prisma, domainId, user));
  const projectId = await ensureProject(prisma, domainId, "demo", "A place to try things out");
  await assignRole(prisma, userId, projectId, "manager");
  // Last, for it is what says that all of this is done.
  await assignSystemRole(prisma, userId, "admin");
  return given || known ? null : password;
}

const letters = "abcdefghijkmnpqrstuvwxyz23456789";

/** 100 bits, in groups that can be typed. */
function newPassword(): string {
  const group = () => Array.from({ length: 5 }, () => letters[randomInt(letters.length)]).join("");
  return [group(), group(), group(), group()].join("-");
}

async function joinTokens(database: Database, names: readonly string[]): Promise<string[]> {
  const joined = await database.prisma.hypervisor.count({
    where: { name: { in: [...names] }, revokedAt: null },
  });
  if (joined >= names.length) return [];
  const invitations = await Promise.all(names.map(() => createJoinToken(database, null)));
  return invitations.map(({ token }) => token);
}
