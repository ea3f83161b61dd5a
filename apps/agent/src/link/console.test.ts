import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { Duplex, duplexPair, PassThrough } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { TLSSocket } from "node:tls";
import { CloudError } from "@madang/core/errors";
import type { ConsoleOrder } from "@madang/core/wire/agent";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { makeAuthority, serve, type TestServer } from "../testing/authority.ts";
import { type ConsoleDialler, createConsoleDialler } from "./console.ts";
import { type Identity, makeRequest } from "./tls.ts";

const log = pino({ level: "silent" });
const guestId = crypto.randomUUID();
const hypervisorId = crypto.randomUUID();

let web: TestServer;
let identity: Identity;
let dialler: ConsoleDialler;
const dials: { request: IncomingMessage; socket: WebSocket }[] = [];
let arrived: () => void = () => {};

beforeAll(async () => {
  const authority = await makeAuthority();
  web = await serve(authority, (_request, response) => response.end());
  const sockets = new WebSocketServer({ server: web.server });
  sockets.on("connection", (socket, request) => {
    dials.push({ request, socket });
    arrived();
  });
  const { key, csr } = await makeRequest("host-1");
  const certificate = await authority.sign(csr, {
    type: "url",
    value: `madang://hypervisor/${hypervisorId}`,
  });
  identity = { hypervisorId, key, certificate, ca: authority.pem };
});
afterAll(() => web.close());
afterEach(() => {
  dialler.stop();
  for (const { socket } of dials.splice(0)) socket.terminate();
});

const order = (): ConsoleOrder => ({
  id: crypto.randomUUID(),
  guestId,
  kind: "serial",
  url: `${web.url.replace("https", "wss")}/console/x`,
  secret: "the-secret",
});

function dial(console: () => Promise<Duplex>, orders = [order()]): Promise<WebSocket> {
  dialler = createConsoleDialler({ driver: { console }, identity: () => identity, log });
  const { promise, resolve } = Promise.withResolvers<WebSocket>();
  arrived = () => {
    const last = dials.at(-1);
    if (last) resolve(last.socket);
  };
  dialler.follow(orders);
  return promise;
}

async function received(socket: WebSocket, length: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const enough = Promise.withResolvers<void>();
  socket.on("message", (data: Buffer) => {
    chunks.push(data);
    if (Buffer.concat(chunks).length >= length) enough.resolve();
  });
  await enough.promise;
  return Buffer.concat(chunks);
}

describe("a console", () => {
  it("proves who dials and that it was told to, once for each order", async () => {
    const orders = [order()];
    await dial(async () => new PassThrough(), orders);
    dialler.follow(orders);
    dialler.follow([...orders]);
    const second = Promise.withResolvers<void>();
    arrived = second.resolve;
    dialler.follow([...orders, order()]);
    await second.promise;
    expect(dials.length).toBe(2);
    const request = dials[0]?.request;
    expect(request?.headers["x-madang-console"]).toBe("the-secret");
    const peer = request?.socket instanceof TLSSocket ? request.socket.getPeerCertificate() : null;
    expect(peer?.subjectaltname).toBe(`URI:madang://hypervisor/${hypervisorId}`);
  });

  it("carries bytes both ways, also those sent before the guest's side is open", async () => {
    const [guest, agentSide] = duplexPair();
    const opened = Promise.withResolvers<void>();
    const socket = await dial(async () => {
      await opened.promise;
      return agentSide;
    });
    socket.send("early ");
    await turn();
    opened.resolve();
    socket.send("late");
    const [first] = await once(guest, "data");
    const typed = Buffer.concat([first, ...(first.length < 10 ? await once(guest, "data") : [])]);
    expect(typed.toString()).toBe("early late");
    const echoed = received(socket, 5);
    guest.write("hello");
    expect((await echoed).toString()).toBe("hello");
  });

  it("ends with 1000 when the guest's side ends, after all of it was sent", async () => {
    const tail = randomBytes(5 * 1024 * 1024);
    const stream = new PassThrough();
    const socket = await dial(async () => stream);
    const all = received(socket, tail.length);
    stream.end(tail);
    const [code] = await once(socket, "close");
    expect(code).toBe(1000);
    expect((await all).equals(tail)).toBe(true);
  });

  it("ends with 4000 when the guest is not running, with 1011 when it cannot be opened", async () => {
    const stopped = await dial(async () => {
      throw new CloudError("InvalidState", "Not running.");
    });
    expect((await once(stopped, "close"))[0]).toBe(4000);
    dialler.stop();
    const broken = await dial(async () => {
      throw new Error("no such socket");
    });
    expect((await once(broken, "close"))[0]).toBe(1011);
  });

  it("closes the guest's side when the browser goes", async () => {
    const stream = new PassThrough();
    const socket = await dial(async () => stream);
    const closed = once(stream, "close");
    socket.close(1000);
    await closed;
    expect(stream.destroyed).toBe(true);
  });

  it("does not read the guest faster than the browser takes it", async () => {
    let produced = 0;
    const chunk = Buffer.alloc(64 * 1024);
    const endless = new Duplex({
      read() {
        produced += chunk.length;
        this.push(chunk);
      },
      write: (_chunk, _encoding, done) => done(),
    });
    const socket = await dial(async () => endless);
    socket.pause();
    let before = -1;
    while (before !== produced) {
      before = produced;
      for (let index = 0; index < 200; index++) await turn();
    }
    expect(produced).toBeLessThan(64 * 1024 * 1024);
    socket.resume();
    await received(socket, produced + chunk.length);
  });
});
