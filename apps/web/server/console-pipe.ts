/** Bytes both ways between two WebSockets; neither side is read faster than the other takes it. */
import type { RawData, WebSocket } from "ws";
import { RfbViolation } from "./rfb-messages.ts";

const highWater = 1024 * 1024;
const lowWater = 256 * 1024;
const pingMs = 20_000;

/** RFC 6455: an endpoint that speaks its protocol wrongly. */
const protocolError = 1002;

/** `pass` says what of the browser's bytes goes on. Resumes both and resolves with the close code of the side that ended first. */
export function pipeSockets(
  browser: WebSocket,
  agent: WebSocket,
  pass: (bytes: Buffer) => Buffer,
): Promise<{ by: "browser" | "agent"; code: number }> {
  forward(browser, agent, (data) => pass(bytesOf(data)));
  forward(agent, browser, (data) => data);
  const stopPings = [keepAlive(browser), keepAlive(agent)];
  return new Promise<{ by: "browser" | "agent"; code: number }>((resolve) => {
    browser.once("close", (code) => resolve({ by: "browser", code }));
    agent.once("close", (code) => resolve({ by: "agent", code }));
    browser.resume();
    agent.resume();
  }).finally(() => {
    for (const stop of stopPings) stop();
  });
}

/** A paused socket would never read the other side's farewell, and both would wait for each other. */
export function closeSocket(socket: WebSocket, code: number): void {
  socket.resume();
  socket.close(code);
}

function forward(from: WebSocket, to: WebSocket, judge: (data: RawData) => RawData): void {
  from.on("message", (data: RawData) => {
    // Whoever is told to go is still heard until he answers the farewell, and he may hold that back.
    if (from.readyState !== from.OPEN || to.readyState !== to.OPEN) return;
    const judged = judgedOrClosed(from, () => judge(data));
    if (!judged || (Buffer.isBuffer(judged) && judged.length === 0)) return;
    to.send(judged, { binary: true }, () => {
      if (from.isPaused && to.bufferedAmount < lowWater) from.resume();
    });
    if (to.bufferedAmount > highWater) from.pause();
  });
}

/** What can't be understood is the end of it: nobody may guess what a browser meant to do to a guest. */
function judgedOrClosed(from: WebSocket, judge: () => RawData): RawData | null {
  try {
    return judge();
  } catch (error) {
    if (!(error instanceof RfbViolation)) throw error;
    closeSocket(from, protocolError);
    return null;
  }
}

function bytesOf(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}

/** Ends a socket whose other end has gone without a word. */
function keepAlive(socket: WebSocket): () => void {
  let answered = true;
  socket.on("pong", () => {
    answered = true;
  });
  const timer = setInterval(() => {
    // A paused socket reads no pong either.
    if (!answered && !socket.isPaused) return socket.terminate();
    answered = socket.isPaused;
    socket.ping();
  }, pingMs);
  return () => clearInterval(timer);
}
