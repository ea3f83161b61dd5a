/** People, projects and roles: what bootstrap and the `admin` command make. Each verb may be repeated. */
import { CloudError } from "@madang/core/errors";
import type { Role } from "@madang/core/identity/permission";
import { type Prisma, transaction } from "@madang/db";
import { checkPassword, hashPassword } from "../password.ts";
import { bumpRoles } from "./locked-user.ts";

export type NewUser = { name: string; email: string | null; password: string; mustChangePassword: boolean };

/** Throws Conflict when the name is taken, InvalidInput for the password. Answers the id. */
export async function createUser(prisma: Prisma, domainId: string, user: NewUser): Promise<string> {
  checkPassword(user.password, "password");
  const { name, email, mustChangePassword } = user;
  const passwordHash = await hashPassword(user.password);
  const id = crypto.randomUUID();
  const { count } = await prisma.user.createMany({
    data: [{ id, domainId, name, email, mustChangePassword, passwordHash }],
    skipDuplicates: true,
  });
  if (count === 1) return id;
  throw new CloudError("Conflict", "There is already a user of this name.", {
    reason: "nameTaken",
    field: "name",
  });
}

/** Answers the id of the project of this name, made now or before. */
export async function ensureProject(
  prisma: Prisma,
  domainId: string,
  name: string,
  description = "",
): Promise<string> {
  await prisma.project.createMany({
    data: [{ id: crypto.randomUUID(), domainId, name, description }],
    skipDuplicates: true,
  });
  const project = await prisma.project.findUniqueOrThrow({ where: { domainId_name: { domainId, name } } });
  return project.id;
}

export async function assignRole(
  prisma: Prisma,
  userId: string,
  projectId: string,
  role: Role,
): Promise<void> {
  await transaction(prisma, async (tx) => {
    const { count } = await tx.roleAssignment.createMany({
      data: [{ userId, projectId, role }],
      skipDuplicates: true,
    });
    if (count === 1) await bumpRoles(tx, [userId]);
  });
}

/** Over the whole cloud. */
export async function assignSystemRole(prisma: Prisma, userId: string, role: Role): Promise<void> {
  await transaction(prisma, async (tx) => {
    const { count } = await tx.systemRoleAssignment.createMany({
      data: [{ userId, role }],
      skipDuplicates: true,
    });
    if (count === 1) await bumpRoles(tx, [userId]);
  });
}

export async function removeRole(
  prisma: Prisma,
  userId: string,
  projectId: string,
  role: Role,
): Promise<void> {
  await transaction(prisma, async (tx) => {
    const { count } = await tx.roleAssignment.deleteMany({ where: { userId, projectId, role } });
    if (count > 0) await bumpRoles(tx, [userId]);
  });
}
