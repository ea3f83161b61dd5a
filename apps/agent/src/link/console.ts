/**
 * Carries out console orders: dials the web process that holds the browser, and pipes bytes both ways until one side
 * ends. Neither side is read faster than the other takes it. An order is dialled once, whatever becomes of it.
 */
import { once } from "node:events";
import type { Duplex } from "node:stream";
import { CloudError } from "@madang/core/errors";
import type { ConsoleOrder } from "@madang/core/wire/agent";
import type { HypervisorDriver } from "@madang/drivers/hypervisor/driver";
import type { Logger } from "pino";
import WebSocket from "ws";
import type { Identity } from "./tls.ts";

export type ConsoleDeps = {
  driver: Pick<HypervisorDriver, "console">;
  identity: () => Identity;
  log: Logger;
};

/** The browser's side knows these numbers. */
const closeCode = { ended: 1000, notRunning: 4000, failed: 1011 } as const;
const dialMs = 10_000;
/** How much may wait to be sent before the guest's side is no longer read. */
const highWater = 1024 * 1024;
const largestMessage = 16 * 1024 * 1024;

export type ConsoleDialler = { follow: (orders: readonly ConsoleOrder[]) => void; stop: () => void };

export function createConsoleDialler(deps: ConsoleDeps): ConsoleDialler {
  const seen = new Set<string>();
  const ending = new AbortController();

  const follow = (orders: readonly ConsoleOrder[]) => {
    const current = new Set(orders.map(({ id }) => id));
    for (const id of seen) if (!current.has(id)) seen.delete(id);
    for (const order of orders.filter(({ id }) => !seen.has(id))) {
      seen.add(order.id);
      const log = deps.log.child({ consoleId: order.id, guestId: order.guestId, kind: order.kind });
      serve(deps, order, ending.signal).catch((error) => log.warn({ err: error }, "console ended badly"));
    }
  };
  return { follow, stop: () => ending.abort() };
}

async function serve(deps: ConsoleDeps, order: ConsoleOrder, signal: AbortSignal): Promise<void> {
  const socket = await dial(deps.identity(), order);
  const closed = AbortSignal.any([signal, closing(socket)]);
  try {
    const stream = await deps.driver.console(order.guestId, order.kind, closed);
    await pipe(socket, stream, closed);
    end(socket, closeCode.ended);
  } catch (error) {
    if (closed.aborted) return end(socket, closeCode.ended);
    const stopped =
      error instanceof CloudError && (error.code === "InvalidState" || error.code === "NotFound");
    end(socket, stopped ? closeCode.notRunning : closeCode.failed);
    if (!stopped) throw error;
  }
}

/** A paused socket would never read the other side's farewell. */
function end(socket: WebSocket, code: number): void {
  socket.resume();
  socket.close(code);
}

async function dial({ ca, certificate, key }: Identity, order: ConsoleOrder): Promise<WebSocket> {
  const socket = new WebSocket(order.url, {
    ca,
    cert: certificate,
    key,
    minVersion: "TLSv1.3",
    handshakeTimeout: dialMs,
    maxPayload: largestMessage,
    perMessageDeflate: false,
    headers: { "x-madang-console": order.secret },
  });
  // Nothing is lost while the guest's side is still being opened.
  socket.once("open", () => socket.pause());
  await once(socket, "open");
  socket.on("error", () => socket.terminate());
  return socket;
}

function closing(socket: WebSocket): AbortSignal {
  const gone = new AbortController();
  socket.once("close", () => gone.abort());
  return gone.signal;
}

/** Resolves when the guest's side ended and all of it was handed on, or when either side was closed. */
async function pipe(socket: WebSocket, stream: Duplex, closed: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  closed.addEventListener("abort", () => resolve(), { once: true });
  stream.once("error", reject);
  stream.once("end", resolve);
  stream.once("close", resolve);

  stream.on("data", (chunk: Buffer) => {
    socket.send(chunk, () => {
      if (stream.isPaused() && socket.bufferedAmount < highWater / 2) stream.resume();
    });
    if (socket.bufferedAmount > highWater) stream.pause();
  });
  socket.on("message", (data) => {
    if (!stream.write(bytesOf(data))) socket.pause();
  });
  stream.on("drain", () => socket.resume());
  socket.resume();
  try {
    await promise;
  } finally {
    stream.destroy();
    stream.on("error", () => {});
    // A paused socket would never read the other side's farewell.
    socket.resume();
  }
}

function bytesOf(data: WebSocket.RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}
