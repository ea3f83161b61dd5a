import { once } from "node:events";
import type { Server } from "node:http";
import { type AddressInfo, connect, createServer } from "node:net";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { spec } from "../testing/scripted-driver.ts";
import { type MetadataDeps, serveMetadata } from "./server.ts";

const guest = spec({ hostname: "web-1", userDataSha256: "b".repeat(64) });
let server: Server;
let port: number;
let asked: string[];
let told: number[];
let find: MetadataDeps["find"];
let userData: MetadataDeps["userData"];

beforeEach(async () => {
  asked = [];
  told = [];
  find = () => guest;
  userData = async () => Buffer.from("#!/bin/sh\n");
  const listener = createServer();
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  ({ port } = address(listener.address()));
  server = serveMetadata(listener, {
    find: (from) => {
      asked.push(from);
      return find(from);
    },
    userData: (...wanted) => userData(...wanted),
    onAnswer: (status) => told.push(status),
    log: pino({ level: "silent" }),
  });
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function address(of: AddressInfo | string | null): AddressInfo {
  if (of === null || typeof of === "string") throw new Error("no port");
  return of;
}

const get = (path: string, options: RequestInit = {}) => fetch(`http://127.0.0.1:${port}${path}`, options);

/** What comes back for these bytes until the server hangs up. */
async function raw(bytes: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  socket.write(bytes);
  let said = "";
  socket.on("data", (chunk) => {
    said += chunk.toString("latin1");
  });
  await once(socket, "close");
  return said;
}

describe("the metadata server", () => {
  it("answers both layouts with their types", async () => {
    const answer = await get("/openstack/latest/meta_data.json");
    expect(answer.headers.get("content-type")).toBe("application/json");
    expect(await answer.json()).toMatchObject({ uuid: guest.instanceId, hostname: "web-1" });
    expect(await (await get("/latest/meta-data/hostname")).text()).toBe("web-1");
    expect(await (await get("/latest/user-data")).text()).toBe("#!/bin/sh\n");
    expect((await get("/latest/user-data", { method: "HEAD" })).headers.get("content-length")).toBe("10");
    expect((await get("/latest/nothing")).status).toBe(404);
    await expect.poll(() => told).toEqual([200, 200, 200, 200, 404]);
  });

  it("believes the connection, and nothing that a request says", async () => {
    const headers = { "X-Forwarded-For": "10.0.0.9", "X-Instance-ID": crypto.randomUUID(), Host: "10.0.0.9" };
    expect((await get("/latest/meta-data/hostname", { headers })).status).toBe(200);
    expect(asked).toEqual(["127.0.0.1"]);
    find = () => null;
    expect((await get("/latest/meta-data/hostname", { headers })).status).toBe(404);
  });

  it("takes no bodies, no large heads, no other methods, and nothing unreadable", async () => {
    expect((await get("/latest/user-data", { method: "POST" })).status).toBe(405);
    expect((await get("/latest/user-data", { method: "DELETE" })).status).toBe(405);
    expect((await get("/%ff%")).status).toBe(400);
    const head = "GET / HTTP/1.1\r\nHost: a\r\n";
    expect(await raw(`${head}Content-Length: 999999999\r\n\r\n`)).toMatch(/^HTTP\/1.1 413/);
    expect(await raw(`${head}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`)).toMatch(/^HTTP\/1.1 413/);
    expect(await raw(`${head}X: ${"x".repeat(20_000)}\r\n\r\n`)).toMatch(/^HTTP\/1.1 431/);
    expect(await raw("\x16\x03\x01 hello\r\n\r\n")).toMatch(/^HTTP\/1.1 400/);
  });

  it("cuts off who is slow to ask", async () => {
    expect(await raw("GET / HTTP/1.1\r\nHost: a\r\nX: ")).toMatch(/^(HTTP\/1.1 408|$)/);
  });

  it("gives one guest no more than its share of connections", async () => {
    const sockets = Array.from({ length: 24 }, () => connect(port, "127.0.0.1"));
    for (const socket of sockets) socket.on("error", () => {});
    const closed = sockets.map((socket) => once(socket, "close").then(() => "closed"));
    const settled = async () => {
      const late = new Promise<string>((resolve) => setImmediate(() => resolve("open")));
      return Promise.all(closed.map((one) => Promise.race([one, late])));
    };
    await expect.poll(async () => (await settled()).filter((one) => one === "closed").length).toBe(8);
    for (const socket of sockets) socket.destroy();
    await expect.poll(async () => (await get("/latest/meta-data/hostname")).status).toBe(200);
  });

  it("tells one that asks without end to come later, and then answers it again", async () => {
    const listener = createServer();
    listener.listen(0, "127.0.0.1");
    await once(listener, "listening");
    const deps = { find: () => guest, userData, log: pino({ level: "silent" }) };
    const bound = { points: 20, duration: 2 };
    const strict = serveMetadata(listener, deps, { guest: bound, network: { ...bound, points: 1_000 } });
    const { port: at } = address(strict.address());
    let [answered, wait] = [0, ""];
    // With the answer that it is too much the connection ends, whoever waits on it.
    const ask = () => fetch(`http://127.0.0.1:${at}/latest/meta-data/hostname`).catch(() => null);
    while (wait === "") {
      for (const answer of await Promise.all(Array.from({ length: 10 }, ask))) {
        if (answer?.status === 200) answered++;
        if (answer?.status === 429) wait = answer.headers.get("retry-after") ?? "";
        await answer?.arrayBuffer();
      }
    }
    expect(answered).toBeGreaterThanOrEqual(20);
    expect(Number(wait)).toBeGreaterThan(0);
    await expect.poll(async () => (await ask())?.status, { timeout: 30_000, interval: 500 }).toBe(200);
    strict.closeAllConnections();
    strict.close();
  });

  it("says later when user data can't be fetched", async () => {
    userData = () => Promise.reject(new Error("no control plane"));
    expect((await get("/latest/user-data")).status).toBe(503);
  });
});
