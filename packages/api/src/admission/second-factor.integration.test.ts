import { Secret, TOTP } from "otpauth";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { readIdentity } from "../identity.ts";
import { callerAs, openTestCloud, refusal, type TestCloud } from "../testing.ts";
import { resetOnHost } from "./host-reset.ts";
import { type Attempt, type SignInAnswer, verifyCredentials } from "./sign-in.ts";
import { createUser } from "./user.ts";

let cloud: TestCloud;
const password = "correct horse battery staple";
const stepMs = 30_000;
let addresses = 0;
beforeAll(async () => {
  cloud = await openTestCloud();
});
afterAll(() => cloud.close());
afterEach(() => vi.useRealTimers());

async function makeUser(): Promise<string> {
  const { id } = await cloud.database.prisma.domain.findFirstOrThrow();
  const name = `user-${crypto.randomUUID()}`;
  await createUser(cloud.database.prisma, id, { name, email: null, password, mustChangePassword: false });
  return name;
}

/** From an address of its own, if none is given: then no limit is met by chance. */
function signIn(username: string, fields: Partial<Attempt> = {}): Promise<SignInAnswer> {
  addresses += 1;
  const address = `10.1.${addresses >> 8}.${addresses & 255}`;
  const requestId = `req-${crypto.randomUUID()}`;
  const attempt = { username, password, code: "", earlierSessionId: null, userAgent: "test", requestId };
  return verifyCredentials(cloud.deps, { ...attempt, address, ...fields });
}

function opened(answer: SignInAnswer): string {
  if ("refused" in answer) throw new Error(`refused: ${answer.refused}`);
  return answer.sessionId;
}

function as(sessionId: string) {
  cloud.sessions.nobody = sessionId;
  return callerAs(cloud, "nobody").account;
}

/** By the database's clock, `steps` of 30 s away from now. */
async function codeOf(secret: string, steps = 0): Promise<string> {
  const { rows } = await cloud.database.pool.query<{ now: Date }>("SELECT clock_timestamp() AS now");
  const timestamp = (rows[0]?.now.getTime() ?? 0) + steps * stepMs;
  return new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp });
}

/** Waits out the end of a step, so that "now" is the same step for what follows. */
async function steadyStep(): Promise<void> {
  await vi.waitUntil(() => cloud.database.now().getTime() % stepMs < stepMs - 8_000, {
    timeout: 20_000,
    interval: 200,
  });
}

type Protected = { name: string; secret: string; codes: string[]; sessionId: string };

/** The step that turned it on is used up, so the next code that counts is that of the step after. */
async function protectedUser(): Promise<Protected> {
  await steadyStep();
  const name = await makeUser();
  const sessionId = opened(await signIn(name));
  const { secret } = await as(sessionId).totp.begin();
  const codes = await as(sessionId).totp.activate({ code: await codeOf(secret, -1) });
  return { name, secret, codes, sessionId };
}

test("it is on once a code was typed, and then asked for; what it is made of is in no row and no event", async () => {
  const name = await makeUser();
  const sessionId = opened(await signIn(name));
  const { secret, uri } = await as(sessionId).totp.begin();
  expect(new URL(uri).searchParams.get("secret")).toBe(secret);
  expect(opened(await signIn(name)), "begun is not on").not.toBe("");
  expect(await refusal(as(sessionId).totp.activate({ code: "12345" }))).toMatchObject({
    reason: "codeWrong",
    field: "code",
  });
  const code = await codeOf(secret);
  const codes = await as(sessionId).totp.activate({ code: `${code.slice(0, 3)} ${code.slice(3)}` });
  expect(new Set(codes).size).toBe(10);
  expect((await as(sessionId).me()).secondFactor).toEqual({ on: true, recoveryCodesLeft: 10 });
  expect(await signIn(name)).toEqual({ refused: "codeNeeded" });
  expect(await signIn(name, { password: "wrong", code })).toEqual({ refused: "wrong" });
  const next = await codeOf(secret, 1);
  const identity = await readIdentity(cloud.database, opened(await signIn(name, { code: next })));
  expect(identity?.userName).toBe(name);

  const { prisma } = cloud.database;
  const user = await prisma.user.findFirstOrThrow({
    where: { name },
    include: { recoveryCodes: true, sessions: true },
  });
  const events = await prisma.event.findMany({ where: { actorName: name } });
  const rows = JSON.stringify([user, events], (_key, value) =>
    typeof value === "bigint" ? String(value) : value,
  );
  for (const hidden of [secret, next, ...codes]) expect(rows).not.toContain(hidden);
  expect(user.lastSignInAt?.getTime()).toBe(identity?.createdAt.getTime());
  expect(events.map(({ action }) => action)).toContain("user.totp-on");
});

test("a code counts once, and none older than one that counted", async () => {
  const { name, secret } = await protectedUser();
  const [now, next] = [await codeOf(secret), await codeOf(secret, 1)];
  opened(await signIn(name, { code: next }));
  expect(await signIn(name, { code: next })).toEqual({ refused: "codeWrong" });
  expect(await signIn(name, { code: now })).toEqual({ refused: "codeWrong" });
});

test("of many sign-ins at once with one code one gets in", async () => {
  const { name, secret } = await protectedUser();
  const code = await codeOf(secret);
  const answers = await Promise.all(Array.from({ length: 8 }, () => signIn(name, { code })));
  const outcomes = answers.map((answer) => ("refused" in answer ? answer.refused : "in"));
  expect(outcomes.toSorted()).toEqual([...Array.from({ length: 7 }, () => "codeWrong"), "in"]);
});

test("a phone that is two minutes wrong is refused; this machine's own clock does not matter", async () => {
  const { name, secret } = await protectedUser();
  for (const steps of [-4, 4]) {
    expect(await signIn(name, { code: await codeOf(secret, steps) })).toEqual({ refused: "codeWrong" });
  }
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 120_000 });
  opened(await signIn(name, { code: await codeOf(secret) }));
});

test("a wrong code counts like a wrong password", async () => {
  const { name, secret } = await protectedUser();
  const address = "192.0.2.50";
  for (let guess = 0; guess < 10; guess++) {
    expect(await signIn(name, { code: "no code", address })).toEqual({ refused: "codeWrong" });
  }
  await expect(signIn(name, { code: await codeOf(secret), address })).rejects.toMatchObject({
    code: "TooManyRequests",
  });
  const refused = await cloud.database.prisma.event.findMany({
    where: { actorName: name, action: "session.refused" },
  });
  expect(refused).toHaveLength(10);
});

test("being asked for the code is no wrong attempt", async () => {
  const { name, secret } = await protectedUser();
  const address = "192.0.2.51";
  for (let round = 0; round < 12; round++) {
    expect(await signIn(name, { address })).toEqual({ refused: "codeNeeded" });
  }
  opened(await signIn(name, { code: await codeOf(secret), address }));
});

test("a recovery code stands in once, however many bring it, and new ones void the old", async () => {
  const { name, secret, codes } = await protectedUser();
  const [first = "", second = "", third = ""] = codes;
  const answers = await Promise.all(Array.from({ length: 6 }, () => signIn(name, { code: first })));
  expect(answers.filter((answer) => !("refused" in answer))).toHaveLength(1);
  const sessionId = opened(await signIn(name, { code: ` ${second.toLowerCase().replace("-", "")} ` }));
  expect((await as(sessionId).me()).secondFactor.recoveryCodesLeft).toBe(8);
  const renewed = await as(sessionId).totp.recoveryCodes();
  expect(await signIn(name, { code: third })).toEqual({ refused: "codeWrong" });
  opened(await signIn(name, { code: renewed[0] ?? "" }));
  await as(sessionId).totp.disable();
  expect(await refusal(as(sessionId).totp.disable())).toMatchObject({ reason: "secondFactorOff" });
  opened(await signIn(name));
  expect(await cloud.database.prisma.recoveryCode.count({ where: { user: { name } } })).toBe(0);
  expect(
    await signIn(name, { code: await codeOf(secret) }),
    "not asked for, not looked at",
  ).not.toHaveProperty("refused");
});

test("what is sensitive asks again, for the code where there is one", async () => {
  const { name, secret, sessionId } = await protectedUser();
  const { prisma } = cloud.database;
  const longAgo = new Date(cloud.database.now().getTime() - 16 * 60_000);
  const forget = () => prisma.session.update({ where: { id: sessionId }, data: { confirmedAt: longAgo } });
  await forget();
  const account = as(sessionId);
  for (const sensitive of [account.totp.begin, account.totp.disable, account.totp.recoveryCodes]) {
    expect(await refusal(sensitive())).toMatchObject({ code: "Forbidden", reason: "confirmNeeded" });
  }
  expect(await refusal(account.confirm({ password }))).toMatchObject({ reason: "secondFactorOn" });
  expect(await refusal(account.confirm({ code: "123" }))).toMatchObject({ reason: "codeWrong" });
  const code = await codeOf(secret);
  await account.confirm({ code });
  expect(await refusal(account.confirm({ code })), "once").toMatchObject({ reason: "codeWrong" });
  await account.totp.disable();
  await forget();
  expect(await refusal(account.totp.begin())).toMatchObject({ reason: "confirmNeeded" });
  expect(await refusal(account.confirm({ password: "wrong" }))).toMatchObject({ reason: "passwordWrong" });
  await account.confirm({ password });
  await account.totp.begin();
  const events = await prisma.event.findMany({ where: { actorName: name, resourceKind: "session" } });
  const actions = events.map(({ action }) => action);
  expect(actions.filter((action) => action === "session.confirm-refused")).toHaveLength(3);
  expect(actions.filter((action) => action === "session.confirm")).toHaveLength(2);
});

test("guesses at confirming are bounded like those at the password", async () => {
  const name = await makeUser();
  const account = as(opened(await signIn(name)));
  const reasons: string[] = [];
  for (let guess = 0; guess < 11; guess++) {
    reasons.push((await refusal(account.confirm({ password: "wrong" }))).reason);
  }
  expect(reasons).toEqual([...Array.from({ length: 10 }, () => "passwordWrong"), "tooManyRequests"]);
});

test("a sign-in that is under way while the password is reset opens nothing that outlives it", async () => {
  const { prisma } = cloud.database;
  const { id: domainId } = await prisma.domain.findFirstOrThrow();
  const name = await makeUser();
  const wish = { password: "another sentence", mustChangePassword: false, clearSecondFactor: false };
  const attempts = Array.from({ length: 5 }, () => signIn(name, { address: "192.0.2.60" }));
  await resetOnHost(prisma, domainId, name, wish);
  const answers = await Promise.all(attempts);
  expect(answers.at(-1)).toEqual({ refused: "wrong" });
  expect(await prisma.session.count({ where: { user: { name }, revokedAt: null } })).toBe(0);
  opened(await signIn(name, { password: wish.password }));
});
