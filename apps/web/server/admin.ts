/** `npm run admin -- COMMAND`: what an administrator does on the machine itself. A password is read from standard input. */
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import {
  assignRole,
  createUser,
  ensureDomain,
  ensureProject,
  passwordResetPath,
  recordCommand,
  resetOnHost,
} from "@madang/api/bootstrap";
import { openDatabase, type Prisma } from "@madang/api/server";
import { CloudError } from "@madang/core/errors";
import { type Role, roles } from "@madang/core/identity/permission";
import { displayName } from "@madang/core/instance/launch";
import { z } from "zod";
import { findDatabase } from "./database-url.ts";
import { readBootstrapEnv } from "./env.ts";

const usage = `npm run admin -- create-user --name NAME [--email EMAIL] [--project PROJECT --role ROLE] [--must-change-password]
npm run admin -- create-project --name NAME [--description TEXT]
npm run admin -- assign-role --name USER --project PROJECT --role ROLE
npm run admin -- reset-password --name USER [--must-change-password] [--clear-second-factor]
Roles: ${roles.join(", ")}. create-user reads the password from standard input; a project that is missing is made.
reset-password reads it there too; at a terminal it prints a one-use link instead. It ends all of the user's sessions.
`;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    name: { type: "string" },
    email: { type: "string" },
    project: { type: "string" },
    role: { type: "string" },
    description: { type: "string", default: "" },
    "must-change-password": { type: "boolean", default: false },
    "clear-second-factor": { type: "boolean", default: false },
  },
});

async function grant(prisma: Prisma, domainId: string, userId: string): Promise<void> {
  const role: Role = z.enum(roles).parse(values.role ?? "member");
  const projectId = await ensureProject(prisma, domainId, displayName.parse(values.project));
  await assignRole(prisma, userId, projectId, role);
  const { name } = await prisma.user.findUniqueOrThrow({ where: { id: userId }, select: { name: true } });
  const subject = { kind: "user", id: userId, name, projectId };
  await recordCommand(prisma, subject, "member.add", { roles: [null, role] }, { roles: role });
}

async function addUser(prisma: Prisma, domainId: string, name: string): Promise<void> {
  const email = values.email === undefined ? null : z.email().parse(values.email);
  const password = await typedPassword();
  const mustChangePassword = values["must-change-password"];
  const userId = await createUser(prisma, domainId, { name, email, password, mustChangePassword });
  const subject = { kind: "user", id: userId, name, projectId: null };
  await recordCommand(prisma, subject, "user.create", { name: [null, name], email: [null, email] });
  if (values.project !== undefined) await grant(prisma, domainId, userId);
}

async function typedPassword(): Promise<string> {
  return (await text(process.stdin)).replace(/\r?\n$/, "");
}

async function resetPassword(prisma: Prisma, domainId: string, name: string): Promise<void> {
  const link = await resetOnHost(prisma, domainId, name, {
    password: process.stdin.isTTY ? null : (await typedPassword()) || null,
    mustChangePassword: values["must-change-password"],
    clearSecondFactor: values["clear-second-factor"],
  });
  if (!link) return;
  const { url } = readBootstrapEnv();
  process.stdout.write(`${url}${passwordResetPath}#token=${link.token}\n`);
  process.stdout.write(`Once, until ${link.expiresAt.toISOString()}; earlier links of ${name} are void.\n`);
}

async function addRole(prisma: Prisma, domainId: string, name: string): Promise<void> {
  const user = await prisma.user.findUnique({ where: { domainId_name: { domainId, name } } });
  if (!user) throw new CloudError("NotFound", `There is no user ${name}.`);
  await grant(prisma, domainId, user.id);
}

async function run(): Promise<void> {
  const name = displayName.safeParse(values.name);
  const [command] = positionals;
  const known = {
    "create-user": addUser,
    "create-project": addProject,
    "assign-role": addRole,
    "reset-password": resetPassword,
  };
  const work = Object.entries(known).find(([one]) => one === command)?.[1];
  if (!work || !name.success) {
    process.stderr.write(usage);
    process.exitCode = 2;
    return;
  }
  const env = readBootstrapEnv();
  const database = openDatabase(await findDatabase(env.databaseUrl, env.data), 2);
  try {
    await work(database.prisma, await ensureDomain(database.prisma), name.data);
    process.stdout.write(`${command}: ${name.data}\n`);
  } finally {
    await database.close();
  }
}

async function addProject(prisma: Prisma, domainId: string, name: string): Promise<void> {
  const id = await ensureProject(prisma, domainId, name, values.description);
  const subject = { kind: "project", id, name, projectId: id };
  await recordCommand(prisma, subject, "project.create", { name: [null, name] });
}

run().catch((error) => {
  process.stderr.write(`${faultOf(error)}\n`);
  process.exitCode = 1;
});

function faultOf(error: unknown): string {
  if (error instanceof z.ZodError) return error.issues.map((issue) => issue.message).join("\n");
  if (error instanceof CloudError) return `${error.message} (${error.options.reason ?? error.code})`;
  return error instanceof Error ? error.message : String(error);
}
