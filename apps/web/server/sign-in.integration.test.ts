/** Signing in as a browser does it, and as somebody does who would like to be in another's session. */
import { Secret, TOTP } from "otpauth";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { callTrpc, connect, password, signIn, startTestWeb, type TestWeb, until } from "./testing.ts";

let web: TestWeb;
beforeAll(async () => {
  web = await startTestWeb();
}, 180_000);
afterAll(() => web.close(), 60_000);

const urlAnswer = z.object({ url: z.string() });

async function errorOf(response: Response): Promise<string | null> {
  return new URL(urlAnswer.parse(await response.json()).url).searchParams.get("error");
}

async function enter(name = "mina", extras: Parameters<typeof signIn>[3] = {}): Promise<string> {
  const { cookie, response } = await signIn(web.env, name, password, extras);
  if (!cookie) throw new Error(`refused: ${response.status}`);
  return cookie;
}

async function whoIs(cookie: string): Promise<string | null> {
  const { status, data } = await callTrpc(web.env, cookie, {
    path: "account.me",
    input: undefined,
    method: "GET",
  });
  return status === 200 ? String(data.user.name) : null;
}

test("a session planted before the sign-in is nobody's after it", async () => {
  const planted = await enter("admin");
  const mine = await enter("mina", { cookie: planted });
  expect(mine).not.toBe(planted);
  expect(await whoIs(mine)).toBe("mina");
  expect(await whoIs(planted)).toBeNull();
  // The name with a value that the planter chose, and next-auth's way of cutting a large one in pieces.
  const [name = ""] = mine.split("=");
  for (const forged of [`${name}=forged`, `${name}.0=forged; ${name}.1=forged`]) {
    const own = await enter("mina", { cookie: forged });
    expect(await whoIs(own)).toBe("mina");
    expect(await whoIs(forged)).toBeNull();
  }
});

test("a refused sign-in leaves the session that was there", async () => {
  const mine = await enter();
  const { cookie } = await signIn(web.env, "admin", "wrong", { cookie: mine });
  expect(cookie).toBeNull();
  expect(await whoIs(mine)).toBe("mina");
});

test("the sign-in answers that a code is wanted, takes it once, and says when it was wrong", async () => {
  const first = await enter("admin");
  const call = (path: string, input?: unknown) => callTrpc(web.env, first, { path, input });
  const { data } = await call("account.totp.begin");
  const totp = new TOTP({ secret: Secret.fromBase32(String(data.secret)) });
  const code = (steps: number) => totp.generate({ timestamp: web.database.now().getTime() + steps * 30_000 });
  expect((await call("account.totp.activate", { code: code(-1) })).status).toBe(200);

  const asked = await signIn(web.env, "admin");
  expect([asked.cookie, asked.response.status, await errorOf(asked.response)]).toEqual([
    null,
    401,
    "codeNeeded",
  ]);
  const wrongPassword = await signIn(web.env, "admin", "wrong", { code: code(0) });
  expect(await errorOf(wrongPassword.response)).toBe("CredentialsSignin");
  const wrongCode = await signIn(web.env, "admin", password, { code: "000" });
  expect([wrongCode.response.status, await errorOf(wrongCode.response)]).toEqual([401, "codeWrong"]);
  const right = code(1);
  expect(await whoIs(await enter("admin", { code: right }))).toBe("admin");
  const replayed = await signIn(web.env, "admin", password, { code: right });
  expect(await errorOf(replayed.response)).toBe("codeWrong");
  expect((await call("account.totp.disable")).status).toBe(200);
});

test("a session that is ended elsewhere ends its open stream within about a second", async () => {
  const [mine, other] = [await enter(), await enter()];
  const stream = connect(`ws://127.0.0.1:${web.env.port}/ws/trpc`, { origin: web.env.url, cookie: other });
  expect(await stream.opened).toBe(true);
  const said = (text: string) => stream.messages.some((message) => message.includes(text));
  const params = { path: "event.stream", input: { json: { projectId: web.projectId } } };
  stream.socket.send(JSON.stringify({ id: 1, method: "subscription", params }));
  await until(() => said(`"type":"started"`));
  const list = { path: "account.sessions.list", input: { sort: "-createdAt" }, method: "GET" } as const;
  const { data } = await callTrpc(web.env, other, list);
  const { id } = data.items.find(({ current }: { current: boolean }) => current);
  const asked = performance.now();
  expect((await callTrpc(web.env, mine, { path: "account.sessions.revoke", input: { id } })).status).toBe(
    200,
  );
  await until(() => said(`"type":"ended"`));
  console.info(`a revoked session's stream ended after ${Math.round(performance.now() - asked)} ms`);
  expect(await whoIs(other)).toBeNull();
  expect(await whoIs(mine)).toBe("mina");
  const again = connect(`ws://127.0.0.1:${web.env.port}/ws/trpc`, { origin: web.env.url, cookie: other });
  expect(await again.opened).toBe(false);
  stream.socket.terminate();
});

test("nobody is signed in or out from another page, nor without one, whatever else is sent along", async () => {
  const mine = await enter();
  const csrf = await fetch(`${web.env.url}/api/auth/csrf`);
  const { csrfToken } = z.object({ csrfToken: z.string() }).parse(await csrf.json());
  const csrfCookie = csrf.headers.getSetCookie().map((line) => line.split(";")[0]);
  const body = new URLSearchParams({ csrfToken, username: "mina", password, json: "true" });
  const strangers: Record<string, string>[] = [
    { origin: "https://evil.example" },
    { origin: "null" },
    {},
    { authorization: "Bearer madang.something" },
    { origin: "https://evil.example", authorization: "Bearer madang.something" },
  ];
  for (const headers of strangers)
    for (const path of ["callback/credentials", "signout", "session"]) {
      const sent = { ...headers, cookie: [...csrfCookie, mine].join("; ") };
      const answer = await fetch(`${web.env.url}/api/auth/${path}`, { method: "POST", headers: sent, body });
      expect([path, headers, answer.status]).toEqual([path, headers, 403]);
      expect(answer.headers.getSetCookie()).toEqual([]);
    }
  expect(await whoIs(mine)).toBe("mina");
});

test("a reset link is looked at and used by whoever has it, and no other way than by POST", async () => {
  const input = { token: "x".repeat(43) };
  const looked = await callTrpc(web.env, "", { path: "account.passwordReset.look", input });
  expect([looked.status, looked.error.cloud.reason]).toEqual([404, "resetLinkRefused"]);
  const read = await callTrpc(web.env, "", { path: "account.passwordReset.look", input, method: "GET" });
  expect(read.status).toBe(405);
});
