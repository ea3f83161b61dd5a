/** One echo request every ten milliseconds, and when each answer came, on the clock of `performance`. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";

export const betweenMs = 10;
const patienceMs = 60_000;
/** So long without an answer, when one is due every ten milliseconds, and it has ended. */
const silentMs = 300;

export type Pings = {
  /** The first answer after that moment. */
  firstAfter: (moment: number) => Promise<number>;
  /** The last answer, once there are no more. */
  last: () => Promise<number>;
  stop: () => Promise<void>;
};

export function openPings(address: string): Pings {
  const child = spawn("busybox", ["ping", "-i", String(betweenMs / 1_000), address], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const answers: number[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => {
    if (line.includes("seq=")) answers.push(performance.now());
  });
  return {
    firstAfter: (moment) => found(() => answers.find((at) => at > moment)),
    last: () =>
      found(() => answers.findLast((at) => performance.now() - at > silentMs && at === answers.at(-1))),
    stop: () => stop(child),
  };
}

async function found(look: () => number | undefined): Promise<number> {
  const limit = performance.now() + patienceMs;
  for (;;) {
    const seen = look();
    if (seen !== undefined) return seen;
    if (performance.now() > limit) throw new Error("the pings never came to that");
    await pause(betweenMs / 2);
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}
