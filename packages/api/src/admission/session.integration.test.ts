import { afterAll, beforeAll, expect, test } from "vitest";
import { readIdentity } from "../identity.ts";
import { callerAs, openTestCloud, refusal, type TestCloud } from "../testing.ts";
import { type SignInAnswer, verifyCredentials } from "./sign-in.ts";
import { createUser } from "./user.ts";

let cloud: TestCloud;
const password = "correct horse battery staple";
beforeAll(async () => {
  cloud = await openTestCloud();
  const { id } = await cloud.database.prisma.domain.findFirstOrThrow();
  for (const name of ["mina", "other"]) {
    await createUser(cloud.database.prisma, id, { name, email: null, password, mustChangePassword: false });
  }
});
afterAll(() => cloud.close());

async function signIn(username: string, earlierSessionId: string | null = null): Promise<string> {
  const rest = { code: "", address: "2001:db8::1", userAgent: "a browser", requestId: "req-test" };
  const answer: SignInAnswer = await verifyCredentials(cloud.deps, {
    username,
    password,
    earlierSessionId,
    ...rest,
  });
  if ("refused" in answer) throw new Error(answer.refused);
  return answer.sessionId;
}

function as(sessionId: string) {
  cloud.sessions.nobody = sessionId;
  return callerAs(cloud, "nobody").account;
}

const isOpen = async (sessionId: string) => (await readIdentity(cloud.database, sessionId)) !== null;

test("one's sessions are listed with this one marked, and end one by one or all the others at once", async () => {
  const [mine, second, third] = [await signIn("mina"), await signIn("mina"), await signIn("mina")];
  const foreign = await signIn("other");
  const account = as(mine);
  const { items, total } = await account.sessions.list({});
  expect(total).toBe(3);
  expect(items.map(({ id }) => id).toSorted()).toEqual([mine, second, third].toSorted());
  expect(items.filter(({ current }) => current).map(({ id }) => id)).toEqual([mine]);
  expect(items[0]).toMatchObject({ address: "2001:db8::1", userAgent: "a browser" });
  expect(await refusal(account.sessions.revoke({ id: foreign }))).toMatchObject({
    reason: "sessionNotFound",
  });
  await account.sessions.revoke({ id: second });
  await account.sessions.revoke({ id: second });
  expect(await isOpen(second)).toBe(false);
  expect(await account.sessions.revokeOthers()).toEqual({ ended: 1 });
  expect(await account.sessions.revokeOthers()).toEqual({ ended: 0 });
  expect(await Promise.all([mine, third, foreign].map(isOpen))).toEqual([true, false, true]);
  expect((await account.sessions.list({})).total).toBe(1);
  const events = await cloud.database.prisma.event.findMany({ where: { action: "session.revoke" } });
  expect(events.map(({ resourceId, params }) => [resourceId, params])).toEqual([
    [second, { sessions: 1 }],
    [mine, { sessions: 1 }],
  ]);
});

test("two browsers that end each other at once are both out, and neither call fails", async () => {
  const [one, two] = [await signIn("other"), await signIn("other")];
  await Promise.all([as(one).sessions.revoke({ id: two }), as(two).sessions.revoke({ id: one })]);
  expect(await Promise.all([one, two].map(isOpen))).toEqual([false, false]);
});

test("a sign-in makes a session of its own and ends the one the browser had, whoever's it was", async () => {
  const planted = await signIn("other");
  const mine = await signIn("mina", planted);
  expect(mine).not.toBe(planted);
  expect(await isOpen(planted)).toBe(false);
  const again = await signIn("mina", mine);
  expect(await Promise.all([mine, again].map(isOpen))).toEqual([false, true]);
});
