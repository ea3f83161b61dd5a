import { afterAll, beforeAll, expect, test } from "vitest";
import { readIdentity } from "../identity.ts";
import { callerAs, openTestCloud, refusal, type TestCloud } from "../testing.ts";
import { signOut, verifyCredentials } from "./sign-in.ts";
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
const attempt = (username: string, given = password, address = "192.0.2.1") =>
  verifyCredentials(cloud.deps, { username, password: given, address, userAgent: "test", requestId });

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
  expect(refused.map(({ actorName }) => actorName)).toEqual(["mina", "gone", "nobody at all", "nulbyte"]);
  expect(
    JSON.stringify(refused, (_key, value) => (typeof value === "bigint" ? String(value) : value)),
  ).not.toContain("wrong");
});

test("guessing at one name is stopped after ten attempts, wherever they come from, even with the right password", async () => {
  const attempts = await Promise.allSettled(
    Array.from({ length: 25 }, (_, index) => attempt("guessed", "guess", `198.51.100.${index}`)),
  );
  expect(attempts.filter(({ status }) => status === "fulfilled")).toHaveLength(10);
  await expect(attempt("GUESSED", password)).rejects.toMatchObject({ code: "TooManyRequests" });
  expect(await attempt("mina")).not.toBeNull();
});

test("guessing from one address is stopped, also when it has a whole IPv6 network", async () => {
  // Written out or with its zeros left out, it is the same network.
  const network = (index: number) => (index % 2 === 0 ? "2001:db8:0:0:" : "2001:db8::");
  const address = (index: number) => `${network(index)}${index.toString(16)}:1:2:3`;
  const attempts = await Promise.allSettled(
    Array.from({ length: 65 }, (_, index) => attempt(`name-${index}`, "guess", address(index))),
  );
  expect(attempts.filter(({ status }) => status === "fulfilled")).toHaveLength(60);
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
