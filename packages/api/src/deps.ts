import type { Database, Hints, PgBoss, PlacementBoard } from "@madang/db";
import type { LaunchLine } from "./admission/launch-line.ts";
import type { AdmissionQueue } from "./admission-queue.ts";
import type { IdentityReader } from "./identity.ts";
import type { Meter } from "./meter.ts";
import type { RateLimits } from "./rate-limit.ts";
import type { Seal } from "./seal.ts";
import type { AccessWatch } from "./stream/access-watch.ts";
import type { EventReader } from "./stream/event-reader.ts";

/** pino's shape, as much of it as is used here. */
export type Log = {
  debug: (fields: object, message: string) => void;
  info: (fields: object, message: string) => void;
  warn: (fields: object, message: string) => void;
  error: (fields: object, message: string) => void;
};

/** What admission verbs need: writes go through `admission`, never through the pool of the reads. */
export type AdmissionDeps = {
  admission: Database;
  boss: PgBoss;
  hints: Hints;
  seal: Seal;
  admissions: AdmissionQueue;
  /** How long a launch waits for capacity before NoValidHost becomes ERROR, ms. */
  scheduleTimeoutMs: number;
  /** How long a soft-deleted instance can be restored, ms; 0: every deletion is at once. */
  reclaimMs: number;
};

export type About = { version: string; url: string; agentUrl: string };

export type ApiDeps = AdmissionDeps & {
  reads: Database;
  identities: IdentityReader;
  placement: PlacementBoard;
  launches: LaunchLine;
  log: Log;
  meter: Meter;
  limits: RateLimits;
  events: EventReader;
  access: AccessWatch;
  about: About;
};
