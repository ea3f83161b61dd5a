/**
 * Bounds on what costs much or invites guessing. Sign-in is counted in PostgreSQL, so that several web processes share
 * it. Wrong passwords count by name and address together: whoever guesses at a name from elsewhere locks out himself,
 * not its owner. What all strangers together may guess at one name is bounded too, and there an address from which its
 * owner has signed in before is no stranger.
 */
import { CloudError } from "@madang/core/errors";
import type { Database } from "@madang/db";
import {
  type RateLimiterAbstract,
  RateLimiterMemory,
  RateLimiterPostgres,
  RateLimiterRes,
} from "rate-limiter-flexible";
import { type AgentTurns, makeAgentTurns } from "./agent-turns.ts";
import { type CallTurns, makeCallTurns } from "./call-turns.ts";
import { networkOf } from "./network.ts";
import { makePasswordTurns, type PasswordTurns } from "./password-turns.ts";

/** points in `duration` seconds; `shared`: counted across processes. */
const limits = {
  signInAddress: { points: 60, duration: 300, shared: true },
  signInPair: { points: 10, duration: 300, shared: true },
  signInStrangers: { points: 30, duration: 300, shared: true },
  signInOpened: { points: 120, duration: 300, shared: true },
  signInAsked: { points: 120, duration: 300, shared: true },
  signInCode: { points: 30, duration: 3_600, shared: true },
  changePassword: { points: 10, duration: 300, shared: true },
  passwordReset: { points: 30, duration: 300, shared: true },
  join: { points: 60, duration: 60, shared: true },
  renew: { points: 60, duration: 3_600, shared: true },
  generateKey: { points: 30, duration: 60, shared: false },
  launch: { points: 600, duration: 60, shared: false },
  wrongCredential: { points: 60, duration: 300, shared: false },
  /** Else a manager could try out who there is. */
  memberLookup: { points: 60, duration: 300, shared: true },
  console: { points: 120, duration: 60, shared: false },
  /** Of a project's figures, by person and project: every two seconds is more than a monitoring system needs. */
  scrape: { points: 30, duration: 60, shared: false },
  /** Refused sign-ins by names that are nobody's, of all strangers together, that are written into the trail. */
  refusedNobody: { points: 300, duration: 300, shared: false },
  /** Refused acts of a person that are written into the trail. */
  refusal: { points: 5, duration: 60, shared: false },
} as const;
export type LimitKind = keyof typeof limits;

export type RateLimits = {
  /** Throws TooManyRequests when the key has used up its share. */
  take: (kind: LimitKind, key: string) => Promise<void>;
  giveBack: (kind: LimitKind, key: string) => Promise<void>;
  passwords: PasswordTurns;
  calls: CallTurns;
  agents: AgentTurns;
};

const schemaName = "rate_limit";

export async function openRateLimits(database: Database): Promise<RateLimits> {
  await makeSchema(database);
  const limiters = new Map<LimitKind, RateLimiterAbstract>();
  for (const kind of Object.keys(limits) as LimitKind[]) limiters.set(kind, await open(database, kind));
  const limiterOf = (kind: LimitKind) => {
    const limiter = limiters.get(kind);
    if (!limiter) throw new TypeError(`no limit ${kind}`);
    return limiter;
  };
  return {
    take: async (kind, key) => {
      try {
        await limiterOf(kind).consume(keyOf(key));
      } catch (refused) {
        throw refused instanceof RateLimiterRes ? tooMany(refused.msBeforeNext) : refused;
      }
    },
    giveBack: async (kind, key) => {
      await limiterOf(kind).reward(keyOf(key));
    },
    passwords: makePasswordTurns(),
    calls: makeCallTurns(),
    agents: makeAgentTurns(),
  };
}

/** Two processes starting at once both make it; one of them then finds it made. */
async function makeSchema(database: Database): Promise<void> {
  const make = () => database.pool.query(`CREATE SCHEMA IF NOT EXISTS ${schemaName}`);
  await make().catch(make);
}

function open(database: Database, kind: LimitKind): Promise<RateLimiterAbstract> {
  const { points, duration, shared } = limits[kind];
  const memory = new RateLimiterMemory({ points, duration, keyPrefix: kind });
  if (!shared) return Promise.resolve(memory);
  const options = {
    storeClient: database.pool,
    storeType: "pool",
    schemaName,
    tableName: "bucket",
    keyPrefix: kind,
    points,
    duration,
    insuranceLimiter: memory,
  };
  return new Promise((resolve, reject) => {
    const limiter = new RateLimiterPostgres(options, (error) => (error ? reject(error) : resolve(limiter)));
  });
}

/** Keys are bounded and printable. */
function keyOf(key: string): string {
  return encodeURIComponent(networkOf(key).toWellFormed()).slice(0, 300);
}

function tooMany(milliseconds: number): CloudError {
  const seconds = Math.ceil(milliseconds / 1_000);
  return new CloudError("TooManyRequests", `Too many attempts. Try again in ${seconds} seconds.`, {
    reason: "tooManyRequests",
    params: { seconds },
    retry: "later",
  });
}
