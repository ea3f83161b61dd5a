/** Bytes both ways between two WebSockets; neither side is read faster than the other takes it. */
import type { RawData, WebSocket } from "ws";

const highWater = 1024 * 1024;
const lowWater = 256 * 1024;
const pingMs = 20_000;

/** Resumes both and resolves with the close code of the side that ended first. */
export function pipeSockets(
  browser: WebSocket,
  agent: WebSocket,
): Promise<{ by: "browser" | "agent"; code: number }> {
  forward(browser, agent);
  forward(agent, browser);
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

function forward(from: WebSocket, to: WebSocket): void {
  from.on("message", (data: RawData) => {
    if (to.readyState !== to.OPEN) return;
    to.send(data, { binary: true }, () => {
      if (from.isPaused && to.bufferedAmount < lowWater) from.resume();
    });
    if (to.bufferedAmount > highWater) from.pause();
  });
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
