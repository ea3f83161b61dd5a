import { CloudError } from "@madang/core/errors";
import {
  isForCredentials,
  isGranted,
  isWithin,
  type Permission,
  permissions,
  type Role,
  ruleOf,
} from "@madang/core/identity/permission";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { bearerText, newSecret } from "./credential.ts";
import { appRouter } from "./router.ts";
import {
  callerAs,
  openTestCloud,
  type Person,
  people,
  programWith,
  refusal,
  type TestCloud,
  turnedAway,
} from "./testing.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await openTestCloud();
});
afterAll(() => cloud.close());

const declared = z.object({
  _def: z.object({ meta: z.object({ permission: z.custom<Permission>() }).optional() }),
});
const procedures = Object.entries(appRouter._def.procedures).map(([path, procedure]) => {
  // A procedure is a function with its definition on it.
  const { meta } = declared.parse({ ...procedure })._def;
  return { path, permission: meta?.permission };
});

const grants: Record<Person, { system: Role[]; roles: Role[] }> = {
  cloudAdmin: { system: ["admin"], roles: [] },
  cloudReader: { system: ["reader"], roles: [] },
  admin: { system: [], roles: ["admin"] },
  manager: { system: [], roles: ["manager"] },
  member: { system: [], roles: ["member"] },
  reader: { system: [], roles: ["reader"] },
  outsider: { system: [], roles: [] },
  nobody: { system: [], roles: [] },
  grouped: { system: [], roles: ["member"] },
  disabled: { system: [], roles: [] },
  revoked: { system: [], roles: [] },
  expired: { system: [], roles: [] },
};

/** Nothing that is asked for exists, so whoever is let in gets NotFound or InvalidInput of the thing itself, never of the project. */
function call(person: Person | null, path: string, input: unknown): Promise<unknown> {
  return callBy(callerAs(cloud, person), path, input);
}

function callBy(whole: ReturnType<typeof callerAs>, path: string, input: unknown): Promise<unknown> {
  const caller = path
    .split(".")
    .reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], whole);
  const answer = (caller as (input: unknown) => Promise<unknown>)(input);
  return Promise.resolve(answer).then(drain);
}

/** A subscription is judged before its first message. */
async function drain(answer: unknown): Promise<unknown> {
  if (typeof answer !== "object" || answer === null || !(Symbol.asyncIterator in answer)) return answer;
  const iterator = (answer as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  const first = await iterator.next();
  await iterator.return?.();
  return first;
}

const doors = ["signInNeeded", "roleTooWeak", "credentialTooWeak", "credentialRefused"];
/** `ofProject`: for a procedure of the whole cloud a project that isn't there is only the thing that was asked for. */
async function stoppedAtTheDoor(attempt: Promise<unknown>, ofProject: boolean): Promise<string | null> {
  const reason = await attempt.then(
    () => null,
    (error: unknown) => reasonOf(error),
  );
  const isDoor = reason !== null && (doors.includes(reason) || (ofProject && reason === "projectNotFound"));
  return isDoor ? reason : null;
}

/** What a stream throws after its beginning nobody has made a TRPCError of. */
async function reasonOf(error: unknown): Promise<string> {
  if (error instanceof CloudError) return error.options.reason ?? error.code;
  return (await refusal(Promise.reject(error))).reason;
}

test("every procedure names a permission that exists, and no permission is without a procedure", () => {
  expect(procedures.length).toBeGreaterThan(30);
  for (const { path, permission } of procedures) expect(Object.keys(permissions), path).toContain(permission);
  const named = new Set(procedures.map(({ permission }) => permission));
  const judgedWithin: Permission[] = ["router:snat", "image:download", "image:publish"];
  const unused = Object.keys(permissions).filter((name) => !named.has(name as Permission));
  expect(unused.toSorted()).toEqual(judgedWithin.toSorted());
});

test.each(procedures)(
  "$path lets in exactly whom its permission says",
  async ({ path, permission = "account:read" }) => {
    const { projectId, otherProjectId } = cloud;
    const input = (project: string) => ({ projectId: project, id: crypto.randomUUID() });
    const { scope } = permissions[permission];
    const unknown = scope === "public" ? null : "signInNeeded";
    const outcome = (person: Person | null, project: string) =>
      stoppedAtTheDoor(call(person, path, input(project)), scope === "project");
    expect(await outcome(null, projectId)).toBe(unknown);
    for (const person of turnedAway) expect(await outcome(person, projectId), person).toBe(unknown);
    for (const person of people.filter((one) => !turnedAway.some((away) => away === one))) {
      const { system, roles } = grants[person];
      const mine = isGranted({ system, projects: { [projectId]: roles } }, permission, projectId);
      const visible = scope !== "project" || roles.length > 0 || system.includes("admin");
      const refused = visible ? "roleTooWeak" : "projectNotFound";
      // Nobody is let in far enough to end his own session.
      if (mine && path === "account.signOut") continue;
      expect(await outcome(person, projectId), `${person} in the project`).toBe(mine ? null : refused);
      if (scope !== "project" || person === "outsider" || system.includes("admin")) continue;
      for (const foreign of [otherProjectId, crypto.randomUUID()]) {
        expect(await outcome(person, foreign), `${person} elsewhere`).toBe("projectNotFound");
      }
    }
  },
);

type Walker = "reader's" | "member's" | "narrow" | "expired" | "deleted" | "owner's role gone";
let bearers: Map<Walker, string>;
beforeAll(async () => {
  bearers = new Map<Walker, string>([
    ["reader's", await bearerOf("manager", ["reader"])],
    ["member's", await bearerOf("cloudAdmin", ["member"])],
    ["narrow", await bearerOf("manager", ["manager"], ["nothing.atAll", "nothingElse.*"])],
    ["expired", await bearerOf("manager", ["manager"])],
    ["deleted", await bearerOf("manager", ["manager"])],
    ["owner's role gone", await bearerOf("nobody", ["manager"])],
  ]);
  const idOf = (walker: Walker) => ({ id: bearers.get(walker)?.split(".")[1] ?? "" });
  const { applicationCredential } = cloud.database.prisma;
  const past = { expiresAt: new Date(Date.now() - 1) };
  await applicationCredential.update({ where: idOf("expired"), data: past });
  await applicationCredential.delete({ where: idOf("deleted") });
});

/** As it stands in the table: what of it counts is judged at each call. */
async function bearerOf(owner: Person, roles: Role[], accessRules?: string[]): Promise<string> {
  const [id, { secret, secretHash }] = [crypto.randomUUID(), newSecret()];
  const of = { id, userId: cloud.users[owner], projectId: cloud.projectId, name: id };
  const data = { ...of, secretHash, roles, ...(accessRules ? { accessRules } : {}) };
  await cloud.database.prisma.applicationCredential.create({ data });
  return bearerText(id, secret);
}

/** What a credential with these roles meets at the door of its own project. */
function doorFor(permission: Permission, roles: Role[]): string | null {
  const rule = ruleOf(permission);
  if (!isForCredentials(permission)) return "credentialTooWeak";
  if (rule.credential && !isWithin(rule.credential, roles)) return "credentialTooWeak";
  const { projectId } = cloud;
  return isGranted({ system: [], projects: { [projectId]: roles } }, permission, projectId)
    ? null
    : "roleTooWeak";
}

test.each(procedures)("$path lets in no credential further than it says", async ({ path, permission }) => {
  if (!permission) throw new TypeError("no permission");
  const { projectId, otherProjectId } = cloud;
  const { scope } = ruleOf(permission);
  const outcome = (walker: Walker, project: string) => {
    // From an address of its own each: wrong credentials are counted by address.
    const program = programWith(
      cloud,
      bearers.get(walker) ?? "",
      `198.51.100.${procedures.findIndex((one) => one.path === path)}`,
    );
    const input = { projectId: project, id: crypto.randomUUID() };
    return stoppedAtTheDoor(callBy(program, path, input), scope === "project");
  };
  const open = scope === "public";
  for (const walker of ["expired", "deleted", "owner's role gone"] as const)
    expect(await outcome(walker, projectId), walker).toBe(open ? null : "credentialRefused");
  expect(await outcome("narrow", projectId)).toBe(open ? null : "credentialTooWeak");
  for (const [walker, roles] of [
    ["reader's", ["reader"]],
    ["member's", ["member"]],
  ] as const) {
    const door = closed(doorFor(permission, [...roles]), open);
    expect(await outcome(walker, projectId), walker).toBe(door);
    const elsewhere = door === "credentialTooWeak" || scope !== "project" ? door : "projectNotFound";
    expect(await outcome(walker, otherProjectId), `${walker}, elsewhere`).toBe(elsewhere);
    expect(await outcome(walker, crypto.randomUUID()), `${walker}, nowhere`).toBe(elsewhere);
  }
});

function closed(door: string | null, open: boolean): string | null {
  return open ? null : door;
}

const sensitive = procedures.filter(
  ({ permission = "account:read" }) =>
    "confirm" in permissions[permission] && permissions[permission].confirm,
);
test.each(sensitive)("$path asks again who it is", async ({ path, permission = "account:read" }) => {
  const person: Person = permissions[permission].scope === "system" ? "cloudAdmin" : "member";
  const of = { where: { id: cloud.sessions[person] } };
  const { prisma } = cloud.database;
  await prisma.session.update({ ...of, data: { confirmedAt: new Date(Date.now() - 20 * 60_000) } });
  const input = { projectId: cloud.projectId, id: crypto.randomUUID() };
  expect(await refusal(call(person, path, input) as Promise<unknown>)).toMatchObject({
    reason: "confirmNeeded",
  });
  await prisma.session.update({ ...of, data: { confirmedAt: new Date() } });
});

test("a session that ended, a disabled user, and an unknown session are nobody", async () => {
  const { prisma } = cloud.database;
  const id = cloud.sessions.nobody;
  expect((await callerAs(cloud, "nobody").account.me()).user.name).toBe("nobody");
  await prisma.session.update({ where: { id }, data: { revokedAt: new Date() } });
  expect(await refusal(callerAs(cloud, "nobody").account.me())).toMatchObject({ code: "Unauthenticated" });
  await prisma.session.update({
    where: { id },
    data: { revokedAt: null, expiresAt: new Date(Date.now() - 1) },
  });
  expect(await refusal(callerAs(cloud, "nobody").account.me())).toMatchObject({ code: "Unauthenticated" });
  const later = new Date(Date.now() + 60_000);
  await prisma.session.update({ where: { id }, data: { expiresAt: later } });
  await prisma.user.update({ where: { id: cloud.users.nobody }, data: { enabled: false } });
  expect(await refusal(callerAs(cloud, "nobody").account.me())).toMatchObject({ code: "Unauthenticated" });
  await prisma.user.update({
    where: { id: cloud.users.nobody },
    data: { enabled: true, mustChangePassword: true },
  });
  expect(await refusal(callerAs(cloud, "nobody").keyPair.list({}))).toMatchObject({
    reason: "mustChangePassword",
  });
  expect((await callerAs(cloud, "nobody").account.me()).user.mustChangePassword).toBe(true);
});

test("a reader may read a console's log but not sit at its keyboard", async () => {
  const ref = { projectId: cloud.projectId, id: crypto.randomUUID() };
  const { instance } = callerAs(cloud, "reader");
  expect(await refusal(instance.openConsole({ ...ref, kind: "vnc" }))).toMatchObject({
    reason: "roleTooWeak",
  });
  expect(await refusal(instance.openConsole({ ...ref, kind: "serial" }))).toMatchObject({
    reason: "roleTooWeak",
  });
  expect(await refusal(instance.openConsole({ ...ref, kind: "log" }))).toMatchObject({
    reason: "instanceNotFound",
  });
});

test("a key pair counts only in a project that its owner may see", async () => {
  const input = {
    id: crypto.randomUUID(),
    name: "k",
    type: "ed25519" as const,
    projectId: cloud.otherProjectId,
  };
  expect(await refusal(callerAs(cloud, "member").keyPair.generate(input))).toMatchObject({
    reason: "projectNotFound",
  });
});
