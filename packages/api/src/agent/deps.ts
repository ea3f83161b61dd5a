import type { Database, Hints, PgBoss } from "@madang/db";
import type { Log } from "../deps.ts";
import type { HintBus } from "../hint-bus.ts";
import type { Meter } from "../meter.ts";
import type { RateLimits } from "../rate-limit.ts";
import type { Seal } from "../seal.ts";

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
};
