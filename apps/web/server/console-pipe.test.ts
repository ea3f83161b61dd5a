/** The pipe over real sockets: a browser that was told to go, and answers no farewell, does nothing to the guest any more. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { openGate } from "./console-gate.ts";
import { closeSocket, pipeSockets } from "./console-pipe.ts";

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** A line of this process, and its far end. */
async function line(): Promise<{ near: WebSocket; far: WebSocket }> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
  await once(server, "listening");
  const connected = new Promise<WebSocket>((resolve) => server.once("connection", resolve));
  const address = server.address();
  if (!isInet(address)) throw new Error("no port");
  const far = new WebSocket(`ws://127.0.0.1:${address.port}`);
  ends.push(() => {
    far.terminate();
    server.close();
  });
  const [near] = await Promise.all([connected, once(far, "open")]);
  return { near, far };
}
const isInet = (address: AddressInfo | string | null): address is AddressInfo =>
  address !== null && typeof address !== "string";

async function piped(kind: string, inControl: boolean) {
  const [browser, agent] = await Promise.all([line(), line()]);
  const gate = openGate(kind);
  gate.setControl(inControl);
  const heard: Buffer[] = [];
  agent.far.on("message", (data: Buffer) => heard.push(data));
  void pipeSockets(browser.near, agent.near, gate.pass);
  let arrived = 0;
  browser.near.on("message", () => arrived++);
  /** All was judged, and what was passed has arrived. */
  const settled = async (frames: number) => {
    await vi.waitUntil(() => arrived >= frames, 60_000);
    agent.near.ping();
    await once(agent.near, "pong");
    return Buffer.concat(heard);
  };
  return { browser, settled };
}

const version = Buffer.from("RFB 003.008\n");
const typed = Buffer.of(4, 1, 0, 0, 0, 0, 0, 0x61);

test("a refused greeting and a message after it, each a frame of its own: the guest hears the version and no more", async () => {
  const { browser, settled } = await piped("vnc", false);
  const hidden = Buffer.concat([Buffer.of(0), typed, typed, Buffer.alloc(3)]);
  for (const frame of [version, Buffer.of(2), hidden]) browser.far.send(frame);
  expect(await settled(3)).toEqual(version);
});

test.each(["vnc", "serial"])(
  "who was put out types no more at a %s console, though he holds his farewell back",
  async (kind) => {
    const { browser, settled } = await piped(kind, true);
    const greeting = Buffer.concat([version, Buffer.of(1, 1)]);
    browser.far.send(greeting);
    expect(await settled(1)).toEqual(greeting);
    closeSocket(browser.near, 4003);
    // Sent while this side is closing already: the farewell has not been read there.
    browser.far.send(typed);
    expect(await settled(2)).toEqual(greeting);
  },
);
