import { afterAll, beforeAll, expect, test } from "vitest";
import { readIdentity } from "../identity.ts";
import { callerAs, openTestCloud, refusal, type TestCloud } from "../testing.ts";
import { type SignedIn, signOut, verifyCredentials } from "./sign-in.ts";
import { createUser } from "./user.ts";

let cloud: TestCloud;
const password = "correct horse battery staple";
beforeAll(async () => {
  cloud = await openTestCloud();
  const { id } = await cloud.database.prisma.domain.findFirstOrThrow();
  for (const name of ["mina", "guessed", "gone"]) {
    await createUser(cloud.database.prisma, id, { name, email: null, password, mustChangePassword: false });
  }
});
afterAll(() => cloud.close());

const requestId = `req-${crypto.randomUUID()}`;
/** null when it was refused. */
async function attempt(username: string, given = password, address = "192.0.2.1"): Promise<SignedIn | null> {
  const rest = { code: "", earlierSessionId: null, userAgent: "test", requestId };
  const answer = await verifyCredentials(cloud.deps, { username, password: given, address, ...rest });
  return "refused" in answer ? null : answer;
}

test("the right password opens a session that can be revoked; both are on the trail", async () => {
  const signedIn = await attempt("mina");
  const sessionId = signedIn?.sessionId ?? "";
  expect(await readIdentity(cloud.database, sessionId)).toMatchObject({ userName: "mina" });
  await signOut(cloud.deps, sessionId, "192.0.2.1", requestId);
  await signOut(cloud.deps, sessionId, "192.0.2.1", requestId);
  expect(await readIdentity(cloud.database, sessionId)).toBeNull();
  const events = await cloud.database.prisma.event.findMany({
    where: { resourceId: sessionId },
    orderBy: { id: "asc" },
  });
  expect(events.map(({ action }) => action)).toEqual(["session.sign-in", "session.sign-out"]);
});

test("a wrong password, an unknown user and a disabled one are the same, and are told in the trail", async () => {
  const { prisma } = cloud.database;
  await prisma.user.updateMany({ where: { name: "gone" }, data: { enabled: false } });
  expect(await attempt("mina", "wrong")).toBeNull();
  expect(await attempt("gone")).toBeNull();
  expect(await attempt("nobody at all")).toBeNull();
  expect(await attempt("nul\0byte")).toBeNull();
  const refused = await prisma.event.findMany({ where: { action: "session.refused" } });
  expect(refused.map(({ actorName }) => actorName)).toEqual(["mina", "gone", "(unknown)", "(unknown)"]);
  expect(
    JSON.stringify(refused, (_key, value) => (typeof value === "bigint" ? String(value) : value)),
  ).not.toContain("wrong");
});

const answered = (attempts: PromiseSettledResult<unknown>[]) =>
  attempts.filter(({ status }) => status === "fulfilled").length;

/** One after the other: only the limits count here, not how many may wait. */
async function guess(name: string, times: number, address: (index: number) => string) {
  const results: PromiseSettledResult<unknown>[] = [];
  for (let index = 0; index < times; index++)
    results.push(...(await Promise.allSettled([attempt(name, "guess", address(index))])));
  return results;
}

test("guessing at one name from one address is stopped after ten, and locks out nobody else", async () => {
  const guesses = await guess("guessed", 12, () => "198.51.100.7");
  expect(answered(guesses)).toBe(10);
  await expect(attempt("GUESSED", password, "198.51.100.7")).rejects.toMatchObject({
    code: "TooManyRequests",
    options: { reason: "tooManyRequests" },
  });
  expect(await attempt("mina", password, "198.51.100.7")).not.toBeNull();
  expect(await attempt("guessed", password, "192.0.2.77")).not.toBeNull();
});

test("guessing at one name from everywhere is stopped, and its owner still gets in from where he has been", async () => {
  expect(await attempt("mina", password, "2001:db8:aa::1")).not.toBeNull();
  const guesses = await guess("mina", 32, (index) => `203.0.113.${index}`);
  expect(answered(guesses)).toBe(30);
  await expect(attempt("mina", password, "198.51.100.200")).rejects.toMatchObject({
    code: "TooManyRequests",
  });
  // The same household, whatever address it has today.
  expect(await attempt("mina", password, "2001:db8:aa::2:3")).not.toBeNull();
  // A name that nobody has is guarded alike, or the difference would tell which names exist.
  expect(answered(await guess("nobody of this name", 32, (index) => `203.0.113.${100 + index}`))).toBe(30);
});

test("a flood of strangers waits in its own line: whoever was here before signs in past it", async () => {
  expect(await attempt("guessed", password, "192.0.2.77")).not.toBeNull();
  const order: string[] = [];
  const flood = Promise.allSettled(
    Array.from({ length: 250 }, (_, index) =>
      attempt(`stranger-${index}`, "guess", `10.${index >> 8}.${index & 255}.1`).then(
        () => order.push("stranger"),
        (error: unknown) => {
          order.push("refused");
          throw error;
        },
      ),
    ),
  );
  expect(await attempt("guessed", password, "192.0.2.77")).not.toBeNull();
  order.push("owner");
  const results = await flood;
  const refusals = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
  for (const error of refusals)
    expect(error).toMatchObject({ code: "TooManyRequests", options: { reason: "signInBusy" } });
  expect(answered(results)).toBeGreaterThanOrEqual(200);
  expect(order.slice(0, order.indexOf("owner")).filter((who) => who === "stranger").length).toBeLessThan(150);
});

test("made-up names fill the trail no further than allowed, names that are somebody's are always in it", async () => {
  const refusals = () => cloud.database.prisma.event.count({ where: { action: "session.refused" } });
  const { take } = cloud.deps.limits;
  const before = await refusals();
  expect(await attempt("nobody at all", password, "198.51.100.1")).toBeNull();
  expect(await refusals()).toBe(before + 1);
  await expect(
    (async () => {
      for (;;) await take("refusedNobody", "all");
    })(),
  ).rejects.toMatchObject({ code: "TooManyRequests" });
  expect(await attempt("nobody again", password, "198.51.100.2")).toBeNull();
  expect(await refusals()).toBe(before + 1);
  expect(await attempt("guessed", "not his password", "198.51.100.3")).toBeNull();
  expect(await refusals()).toBe(before + 2);
});

test("signing in over and over does not give a person more than his share of calls", async () => {
  const { calls } = cloud.deps.limits;
  const callers = Array.from({ length: 5 }, () => ({ sessionId: crypto.randomUUID(), address: "192.0.2.9" }));
  for (const { sessionId } of callers) calls.belongs(sessionId, "one person");
  const { promise, resolve } = Promise.withResolvers<void>();
  let inside = 0;
  const work = async () => {
    inside += 1;
    await promise;
  };
  const running = callers.flatMap((caller) => Array.from({ length: 10 }, () => calls.run(caller, work)));
  await new Promise(setImmediate);
  expect(inside).toBe(6);
  const rest = Array.from({ length: 400 }, () =>
    calls.run(callers[0] ?? { sessionId: null, address: "" }, work),
  );
  const refused = await Promise.race(
    rest.map((call) =>
      call.then(
        () => null,
        (error: unknown) => error,
      ),
    ),
  );
  expect(refused).toMatchObject({ code: "TooManyRequests", options: { reason: "tooManyCalls" } });
  expect(await calls.run({ sessionId: null, address: "192.0.2.10" }, async () => "somebody else")).toBe(
    "somebody else",
  );
  resolve();
  await Promise.all(running);
  await Promise.allSettled(rest);
});

test("guessing from one address is stopped, also when it has a whole IPv6 network", async () => {
  // Written out or with its zeros left out, it is the same network.
  const network = (index: number) => (index % 2 === 0 ? "2001:db8:0:0:" : "2001:db8::");
  const address = (index: number) => `${network(index)}${index.toString(16)}:1:2:3`;
  const guesses = [];
  for (let index = 0; index < 65; index++)
    guesses.push(...(await guess(`name-${index}`, 1, () => address(index))));
  expect(answered(guesses)).toBe(60);
  await expect(attempt("mina", password, address(99))).rejects.toMatchObject({ code: "TooManyRequests" });
});

test("a new password must be long, not common, and ends every other session", async () => {
  const { prisma } = cloud.database;
  const [one, two] = [await attempt("mina"), await attempt("mina")];
  cloud.sessions.nobody = one?.sessionId ?? "";
  const { account } = callerAs(cloud, "nobody");
  const reason = async (current: string, next: string) =>
    (await refusal(account.changePassword({ current, next }))).reason;
  expect(await reason(password, "short")).toBe("passwordTooShort");
  expect(await reason(password, "x".repeat(129))).toBe("passwordTooLong");
  expect(await reason(password, "unbelievable")).toBe("passwordCommon");
  expect(await reason("wrong", "a long enough sentence")).toBe("passwordWrong");
  await account.changePassword({ current: password, next: "a long enough sentence" });
  expect(await readIdentity(cloud.database, two?.sessionId ?? "")).toBeNull();
  expect((await account.me()).user.name).toBe("mina");
  expect(await attempt("mina")).toBeNull();
  expect(await attempt("mina", "a long enough sentence")).not.toBeNull();
  expect(await prisma.user.count({ where: { passwordHash: { contains: "sentence" } } })).toBe(0);
});

test("a session lives on while it is used, and not beyond a week", async () => {
  const { prisma } = cloud.database;
  const signedIn = await attempt("mina", "a long enough sentence");
  const id = signedIn?.sessionId ?? "";
  cloud.sessions.nobody = id;
  const hours = (count: number) => new Date(Date.now() + count * 3_600_000);
  await prisma.session.update({ where: { id }, data: { lastSeenAt: hours(-1), expiresAt: hours(1) } });
  await callerAs(cloud, "nobody").account.me();
  const touched = await prisma.session.findUniqueOrThrow({ where: { id } });
  expect(touched.expiresAt.getTime()).toBeGreaterThan(hours(11).getTime());
  await prisma.session.update({
    where: { id },
    data: { createdAt: hours(-7 * 24 + 1), lastSeenAt: hours(-1) },
  });
  await callerAs(cloud, "nobody").account.me();
  expect((await prisma.session.findUniqueOrThrow({ where: { id } })).expiresAt.getTime()).toBeLessThan(
    hours(1.1).getTime(),
  );
});
