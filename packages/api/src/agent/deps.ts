import type { Database, Hints, PgBoss } from "@madang/db";
import type { Log } from "../deps.ts";
import type { HintBus } from "../hint-bus.ts";
import type { Meter } from "../meter.ts";
import type { RateLimits } from "../rate-limit.ts";
import type { Seal } from "../seal.ts";
import type { SnapshotLooks } from "./looks.ts";

/** Agents have a pool of their own: a thousand of them polling must not slow a browser. */
export type AgentDeps = {
  agents: Database;
  boss: PgBoss;
  hints: Hints;
  bus: HintBus;
  seal: Seal;
  log: Log;
  meter: Meter;
  limits: RateLimits;
  /** Looks for all who wait in a long poll. Without it each of them looks by itself. */
  looks?: SnapshotLooks;
};
