import { transaction } from "@madang/db";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readIdentity } from "../identity.ts";
import { callerAs, openTestCloud, refusal, type TestCloud } from "../testing.ts";
import { resetOnHost } from "./host-reset.ts";
import { createPasswordReset } from "./password-reset.ts";
import { verifyCredentials } from "./sign-in.ts";
import { createUser } from "./user.ts";

let cloud: TestCloud;
let domainId: string;
const [old, next] = ["correct horse battery staple", "another sentence altogether"];
beforeAll(async () => {
  cloud = await openTestCloud();
  domainId = (await cloud.database.prisma.domain.findFirstOrThrow()).id;
});
afterAll(() => cloud.close());

type Person = { id: string; name: string; sessionId: string };

async function makePerson(): Promise<Person> {
  const name = `person-${crypto.randomUUID()}`;
  const user = { name, email: null, password: old, mustChangePassword: true };
  const id = await createUser(cloud.database.prisma, domainId, user);
  const answer = await signIn(name, old);
  if ("refused" in answer) throw new Error(answer.refused);
  return { id, name, sessionId: answer.sessionId };
}

function signIn(username: string, password: string) {
  const rest = { code: "", earlierSessionId: null, userAgent: "test", requestId: "req-test" };
  return verifyCredentials(cloud.deps, { username, password, address: "192.0.2.1", ...rest });
}

const makeLink = (userId: string) =>
  transaction(cloud.database.prisma, (tx) => createPasswordReset(tx, userId, null));

/** Nobody is signed in. */
const reset = () => callerAs(cloud, null).account.passwordReset;
const reasonOf = async (attempt: Promise<unknown>) => (await refusal(attempt)).reason;

test("a link ends the old password and every session at once, sets a new password once, and opens none", async () => {
  const { id, name, sessionId } = await makePerson();
  const { token, expiresAt, sessions } = await makeLink(id);
  const { prisma } = cloud.database;
  expect(sessions).toBe(1);
  expect(await readIdentity(cloud.database, sessionId)).toBeNull();
  expect(await signIn(name, old)).toEqual({ refused: "wrong" });
  const left = expiresAt.getTime() - cloud.database.now().getTime();
  expect(left).toBeGreaterThan(23.9 * 3_600_000);
  expect(left).toBeLessThanOrEqual(24.1 * 3_600_000);
  expect(await reset().look({ token })).toEqual({ name, expiresAt });
  expect(await reasonOf(reset().redeem({ token, password: "short" }))).toBe("passwordTooShort");
  await reset().redeem({ token, password: next });
  expect(await prisma.session.count({ where: { userId: id, revokedAt: null } })).toBe(0);
  expect(await signIn(name, old)).toEqual({ refused: "wrong" });
  expect(await signIn(name, next)).toMatchObject({ name });
  expect((await prisma.user.findUniqueOrThrow({ where: { id } })).mustChangePassword).toBe(false);
  expect(await reasonOf(reset().redeem({ token, password: `${next}!` }))).toBe("resetLinkRefused");
  const rows = JSON.stringify(await prisma.passwordReset.findMany({ where: { userId: id } }));
  expect(rows).not.toContain(token);
});

test("of many that redeem one link at once one sets the password", async () => {
  const { id, name } = await makePerson();
  const { token } = await makeLink(id);
  const passwords = Array.from({ length: 4 }, (_, index) => `${next} ${index}`);
  const outcomes = await Promise.allSettled(passwords.map((password) => reset().redeem({ token, password })));
  const won = outcomes.flatMap(({ status }, index) =>
    status === "fulfilled" ? [passwords[index] ?? ""] : [],
  );
  expect(won).toHaveLength(1);
  expect(await signIn(name, won[0] ?? "")).toMatchObject({ name });
});

test("wrong, used, old, replaced, or of somebody who may not sign in: all are refused alike", async () => {
  const { prisma } = cloud.database;
  const [first, late, gone, changed] = [
    await makePerson(),
    await makePerson(),
    await makePerson(),
    await makePerson(),
  ];
  const replaced = await makeLink(first.id);
  const good = await makeLink(first.id);
  const expired = await makeLink(late.id);
  await prisma.$executeRaw`UPDATE password_reset SET expires_at = now() WHERE user_id = ${late.id}::uuid`;
  const disabled = await makeLink(gone.id);
  await prisma.user.update({ where: { id: gone.id }, data: { enabled: false } });
  const forgotten = await makeLink(changed.id);
  const byHand = { password: next, mustChangePassword: false, clearSecondFactor: false };
  await resetOnHost(prisma, domainId, changed.name, byHand);
  const tokens = [replaced, expired, disabled, forgotten].map(({ token }) => token);
  const answers = await Promise.all(
    [...tokens, "wrong"].flatMap((token) => [
      refusal(reset().look({ token })),
      refusal(reset().redeem({ token, password: next })),
    ]),
  );
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  expect(answers[0]).toMatchObject({ code: "NotFound", reason: "resetLinkRefused" });
  expect((await reset().look({ token: good.token })).name).toBe(first.name);
});

test("the last administrator gets none: without it nobody could come in any more", async () => {
  const { prisma } = cloud.database;
  const { user } = callerAs(cloud, "cloudAdmin").admin;
  const self = { id: cloud.users.cloudAdmin };
  expect(await reasonOf(user.resetLink(self))).toBe("lastAdministrator");
  const other = await makePerson();
  await prisma.systemRoleAssignment.create({ data: { userId: other.id, role: "admin" } });
  expect((await user.resetLink(self)).url).toContain("#token=");
  await prisma.user.delete({ where: { id: other.id } });
  await prisma.session.updateMany({ where: { userId: self.id }, data: { revokedAt: null } });
});

test("guessing at links is bounded", async () => {
  const outcomes: string[] = [];
  while (!outcomes.includes("tooManyRequests") && outcomes.length < 40) {
    outcomes.push(await reasonOf(reset().look({ token: `guess-${outcomes.length}` })));
  }
  expect(outcomes.at(-1)).toBe("tooManyRequests");
  await cloud.database.pool.query("DELETE FROM rate_limit.bucket");
});

test("on the host a password is set or a link made, and the second factor cleared where asked", async () => {
  const { id, name, sessionId } = await makePerson();
  const { prisma } = cloud.database;
  const wish = { password: next, mustChangePassword: true, clearSecondFactor: true };
  await prisma.user.update({
    where: { id },
    data: { totpSecretSealed: "unreadable", totpConfirmedAt: new Date() },
  });
  expect(await signIn(name, old)).toEqual({ refused: "codeNeeded" });
  expect(await resetOnHost(prisma, domainId, name, wish)).toBeNull();
  expect(await readIdentity(cloud.database, sessionId)).toBeNull();
  const answer = await signIn(name, next);
  const identity = "refused" in answer ? null : await readIdentity(cloud.database, answer.sessionId);
  expect(identity?.mustChangePassword).toBe(true);
  const link = await resetOnHost(prisma, domainId, name, { ...wish, password: null });
  expect((await reset().look({ token: link?.token ?? "" })).name).toBe(name);
  const events = await prisma.event.findMany({ where: { resourceId: id, actorKind: "host" } });
  expect(events.map(({ action }) => action)).toEqual([
    "user.clear-totp",
    "user.set-password",
    "user.clear-totp",
    "user.reset-link",
  ]);
  await expect(resetOnHost(prisma, domainId, "nobody at all", wish)).rejects.toMatchObject({
    code: "NotFound",
  });
});
