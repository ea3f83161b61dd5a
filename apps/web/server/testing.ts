/** A web process in this one, with a real controller beside it, a small Next application, and an agent played by the test. */
import "reflect-metadata";
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes, webcrypto } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import type { IncomingHttpHeaders } from "node:http";
import { request } from "node:https";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { assignRole, bootstrap, createUser, ensureDomain, ensureProject } from "@madang/api/bootstrap";
import { type Database, openDatabase } from "@madang/api/server";
import { freshDatabase } from "@madang/api/testing";
import { type JoinAnswer, joinAnswer } from "@madang/core/wire/agent";
import * as x509 from "@peculiar/x509";
import { pino } from "pino";
import WebSocket from "ws";
import { z } from "zod";
import { announce, type Env } from "./env.ts";
import { startWeb } from "./web.ts";

export const password = "correct horse battery staple";
const repository = join(import.meta.dirname, "../../..");
const node = join(repository, "node_modules/.bin/node");

export type TestWeb = {
  env: Env;
  database: Database;
  projectId: string;
  joinToken: string;
  flavorId: string;
  imageId: string;
  close: () => Promise<void>;
};

/** `plainHttp` false: the public port has a certificate of Madang's own CA, as when it listens beyond loopback. */
export async function startTestWeb(plainHttp = true): Promise<TestWeb> {
  const fresh = await freshDatabase();
  const database = openDatabase(fresh.url, 4);
  const data = await mkdtemp(join(tmpdir(), "madang-web-"));
  const dir = await makeApplication();
  const env = await makeEnv(fresh.url, data, plainHttp);
  const disk = join(data, "disk.raw");
  await writeFile(disk, randomBytes(70_000));
  const first = await bootstrap(database, {
    adminPassword: password,
    images: [{ name: "tiny", path: disk }],
    store: env.images,
    joining: ["host"],
  });
  const domainId = await ensureDomain(database.prisma);
  const projectId = await ensureProject(database.prisma, domainId, "demo");
  const user = { name: "mina", email: null, password, mustChangePassword: false };
  await assignRole(database.prisma, await createUser(database.prisma, domainId, user), projectId, "member");
  const controller = startController(fresh.url, data);
  announce(env);
  const stop = await startWeb(env, pino({ level: "silent" }), { dir, dev: true });
  if (plainHttp) await until(async () => (await fetch(`${env.url}/api/health`)).ok);
  const flavor = await database.prisma.flavor.findFirstOrThrow({ where: { name: "m1.nano" } });
  const image = await database.prisma.image.findFirstOrThrow();
  const close = async () => {
    await stop();
    controller.kill("SIGTERM");
    await once(controller, "exit");
    await database.close();
    await fresh.drop();
    for (const folder of [data, dir]) await rm(folder, { recursive: true, force: true });
  };
  const [joinToken = ""] = first.joinTokens;
  return { env, database, projectId, joinToken, flavorId: flavor.id, imageId: image.id, close };
}

async function makeEnv(databaseUrl: string, data: string, plainHttp: boolean): Promise<Env> {
  const [port, agentPort] = [await freePort(), await freePort()];
  return {
    databaseUrl,
    images: join(data, "images"),
    port,
    listen: "127.0.0.1",
    url: `${plainHttp ? "http" : "https"}://127.0.0.1:${port}`,
    agentPort,
    agentUrl: `https://127.0.0.1:${agentPort}`,
    tls: null,
    plainHttp,
    trustedProxies: [],
    expectAgent: false,
    scheduleTimeoutMs: 120_000,
    reclaimMs: 60_000,
    data,
    metrics: { host: "127.0.0.1", port: 0 },
    logLevel: "silent",
    sessionKey: randomBytes(32).toString("hex"),
    sealKey: randomBytes(32).toString("hex"),
  };
}

function startController(databaseUrl: string, data: string): ChildProcess {
  const env = {
    ...process.env,
    DATABASE_URL: databaseUrl,
    MADANG_DATA: data,
    MADANG_CA: join(data, "ca"),
    LOG_LEVEL: "error",
  };
  return spawn(node, [join(repository, "apps/controller/src/main.ts")], {
    env,
    stdio: ["ignore", "ignore", "inherit"],
  });
}

/** Beside the portal, so that it finds Next; its route answers with what it got. */
async function makeApplication(): Promise<string> {
  const dir = await mkdtemp(join(repository, "apps/web/.next-test-"));
  const files = {
    "package.json": `{"private":true,"type":"module"}`,
    "next.config.mjs": `export default { turbopack: { root: ${JSON.stringify(repository)} }, devIndicators: false };`,
    "app/layout.jsx": `export default function Layout({ children }) { return <html lang="en"><body>{children}</body></html>; }`,
    "app/page.jsx": `import { headers } from "next/headers";
      export default async function Page() { return <p data-nonce={(await headers()).get("x-nonce")}>a page</p>; }`,
    "app/echo/route.js": `import { createHash } from "node:crypto";
      export async function PATCH(request) {
        const body = Buffer.from(await request.arrayBuffer());
        const sha256 = createHash("sha256").update(body).digest("hex");
        return Response.json({ sha256, bytes: body.length, type: request.headers.get("content-type") });
      }`,
  };
  await mkdir(join(dir, "app/echo"), { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text);
  return dir;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** Polls until it holds; vitest's own limit ends what never does. */
export async function until(found: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await found())) await sleep(50);
}

const cookiesOf = (response: Response) =>
  response.headers.getSetCookie().map((line) => line.split(";")[0] ?? "");

const csrfAnswer = z.object({ csrfToken: z.string() });

/** `cookie`: what the browser has already. */
type SignInExtras = { code?: string; cookie?: string };

/** next-auth's own two steps. `cookie` is null when it was refused; `error` is what the page is told then. */
export async function signIn(
  { url }: Env,
  username: string,
  given = password,
  { code = "", cookie = "" }: SignInExtras = {},
) {
  const csrf = await fetch(`${url}/api/auth/csrf`);
  const { csrfToken } = csrfAnswer.parse(await csrf.json());
  const response = await fetch(`${url}/api/auth/callback/credentials`, {
    method: "POST",
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      cookie: [...cookiesOf(csrf), ...(cookie ? [cookie] : [])].join("; "),
      origin: url,
    },
    body: new URLSearchParams({ csrfToken, username, password: given, code, json: "true" }),
  });
  const session = cookiesOf(response).filter((cookie) => cookie.includes("session-token"));
  return { response, cookie: session.length > 0 ? session.join("; ") : null };
}

export type Connected = {
  socket: WebSocket;
  opened: Promise<boolean>;
  closed: Promise<number>;
  messages: Buffer[];
};

/** `opened` is false when the upgrade was refused. */
export function connect(
  url: string,
  headers: Record<string, string>,
  options: WebSocket.ClientOptions = {},
): Connected {
  const socket = new WebSocket(url, { ...options, headers });
  const messages: Buffer[] = [];
  socket.on("message", (data) =>
    messages.push(Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer)),
  );
  const opened = new Promise<boolean>((resolve) => {
    socket.once("open", () => resolve(true));
    socket.once("error", () => resolve(false));
  });
  const closed = new Promise<number>((resolve) => socket.once("close", resolve));
  return { socket, opened, closed, messages };
}

export type AgentIdentity = { key: string; cert: string; ca: string; hypervisorId: string };

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

export async function makeKey(): Promise<{ key: string; csr: string }> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const csr = await x509.Pkcs10CertificateRequestGenerator.create({
    name: "CN=test",
    keys,
    signingAlgorithm: algorithm,
  });
  const pkcs8 = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
  return { key: x509.PemConverter.encode(pkcs8, "PRIVATE KEY"), csr: csr.toString("pem") };
}

export type Answer = { status: number; headers: IncomingHttpHeaders; body: Buffer };
type Call = {
  method?: string;
  body?: unknown;
  identity?: Omit<AgentIdentity, "hypervisorId"> | null;
  ca?: string;
};

/** A request to the agents' port, with a client certificate or without. */
export function callAgentPort(
  { agentUrl }: Env,
  path: string,
  { method = "GET", body, identity, ca }: Call,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const tls = identity
      ? { key: identity.key, cert: identity.cert, ca: identity.ca }
      : { ca, rejectUnauthorized: ca !== undefined };
    const headers = body === undefined ? {} : { "content-type": "application/json" };
    const sent = request(`${agentUrl}${path}`, { method, headers, agent: false, ...tls }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    });
    sent.on("error", reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

export async function joinAs(
  env: Env,
  token: string,
  name: string,
): Promise<{ answer: Answer; identity: AgentIdentity | null }> {
  const { key, csr } = await makeKey();
  const answer = await callAgentPort(env, "/join", {
    method: "POST",
    body: { token, csr, name, driver: "simulated" },
  });
  if (answer.status !== 200) return { answer, identity: null };
  const { hypervisorId, certificate, ca }: JoinAnswer = joinAnswer.parse(JSON.parse(answer.body.toString()));
  return { answer, identity: { key, cert: certificate, ca, hypervisorId } };
}

export async function signOutOf(env: TestWeb["env"], cookie: string): Promise<void> {
  const headers = { cookie, origin: env.url, "content-type": "application/json" };
  const response = await fetch(`${env.url}/api/trpc/account.signOut`, { method: "POST", headers });
  if (response.status !== 200) throw new Error(`sign-out answered ${response.status}`);
}

export const trpcAnswer = z.object({
  result: z.object({ data: z.object({ json: z.any() }) }).optional(),
  error: z.object({ json: z.object({ data: z.any() }) }).optional(),
});
type TrpcCall = { path: string; input: unknown; method?: "GET" | "POST" };

export async function callTrpc(
  env: TestWeb["env"],
  cookie: string,
  { path, input, method = "POST" }: TrpcCall,
) {
  const json = JSON.stringify({ json: input });
  const query = method === "GET" ? `?input=${encodeURIComponent(json)}` : "";
  const response = await fetch(`${env.url}/api/trpc/${path}${query}`, {
    method,
    headers: { cookie, origin: env.url, "content-type": "application/json" },
    ...(method === "POST" ? { body: json } : {}),
  });
  const answer = trpcAnswer.parse(await response.json());
  const { data } = answer.result ?? {};
  return { status: response.status, data: data?.json, error: answer.error?.json?.data, response };
}
