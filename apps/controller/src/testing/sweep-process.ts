/** A process of a sweep: a real one, started with kill-point.ts, told over IPC where it ends. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { KillPoint, Manner } from "./kill-point.ts";
import { repository } from "./whole-cloud.ts";

export type SweepProcess = {
  readonly name: string;
  start: (manner?: Manner) => Promise<void>;
  /** Nothing if it runs. */
  startIfDown: (manner?: Manner) => Promise<void>;
  isUp: () => boolean;
  /** Where it ends; null: nowhere. Counting begins anew. */
  arm: (point: KillPoint | null) => Promise<void>;
  kill: () => Promise<void>;
  /** How often its connection was taken at a point. */
  severed: () => number;
  /** Called each time it ends without having been told to by `kill`. */
  onDeath: (hear: ((how: string) => void) | null) => void;
};

const preload = fileURLToPath(new URL("./kill-point.ts", import.meta.url));
const heardShape = z.object({ heard: z.string() });

const children = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});

export function makeSweepProcess(
  name: string,
  entry: readonly string[],
  env: Record<string, string>,
  logFile: string,
): SweepProcess {
  let child: ChildProcess | null = null;
  let severed = 0;
  let hear: ((how: string) => void) | null = null;
  let killing = false;
  const ask = async (message: { order: string; [more: string]: unknown }) => {
    const asked = child;
    if (!asked?.connected) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const listen = (answer: unknown) => heardShape.parse(answer).heard === message.order && resolve();
    asked.on("message", listen);
    const gone = () => resolve();
    asked.once("exit", gone);
    asked.send(message, (error) => error && resolve());
    await promise;
    asked.off("message", listen);
    asked.off("exit", gone);
  };
  const start = async (manner: Manner = {}) => {
    if (child) throw new Error(`${name} runs already`);
    const log = openSync(logFile, "a", 0o600);
    const started = spawn(process.execPath, ["--import", preload, ...entry], {
      cwd: repository,
      env,
      stdio: ["ignore", log, log, "ipc"],
    });
    closeSync(log);
    children.add(started);
    child = started;
    started.on("message", (message) => {
      if (heardShape.parse(message).heard === "severed") severed++;
    });
    started.once("exit", (code, signal) => {
      children.delete(started);
      child = null;
      if (!killing) hear?.(signal ?? `exit ${code}`);
    });
    await ask({ order: "go", manner });
  };
  return {
    name,
    start,
    startIfDown: async (manner) => {
      if (!child) await start(manner);
    },
    isUp: () => child !== null,
    arm: (point) => ask({ order: "arm", point }),
    kill: async () => {
      const living = child;
      if (!living) return;
      killing = true;
      const gone = once(living, "exit");
      living.kill("SIGKILL");
      await gone;
      killing = false;
    },
    severed: () => severed,
    onDeath: (next) => {
      hear = next;
    },
  };
}
