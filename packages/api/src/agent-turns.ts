/** Calls of agents, a few a hypervisor at once: one that went mad must not keep the others from being heard. */
import { CloudError } from "@madang/core/errors";
import { makeTurns, type Turns } from "./turns.ts";

export type AgentTurns = {
  /** Held open for long on purpose; an honest agent has one, and one that it has just lost. Throws TooManyRequests. */
  pulls: Turns;
  /** Throws TooManyRequests. */
  calls: Turns;
  /** What guests used: few at once, so that what must be heard never waits for it. Throws TooManyRequests. */
  metrics: Turns;
  /** Downloads of images. Throws TooManyRequests. */
  images: Turns;
  /** Pieces of what is to become an image; each holds a connection to the database. Throws TooManyRequests. */
  exports: Turns;
};

/** Pieces that one web process takes at the same time. */
export const exportsAtOnce = 4;

const unbounded = Number.POSITIVE_INFINITY;

export function makeAgentTurns(): AgentTurns {
  return {
    pulls: makeTurns({ atOnce: unbounded, atOncePerKey: 4, longestLine: 4, refused }),
    calls: makeTurns({ atOnce: 48, atOncePerKey: 2, longestLine: 20, refused }),
    metrics: makeTurns({ atOnce: 2, atOncePerKey: 1, longestLine: 2, refused }),
    images: makeTurns({ atOnce: unbounded, atOncePerKey: 4, longestLine: 20, refused }),
    exports: makeTurns({ atOnce: exportsAtOnce, atOncePerKey: 2, longestLine: 8, refused }),
  };
}

function refused(): CloudError {
  return new CloudError("TooManyRequests", "This agent has too many calls waiting.", {
    reason: "tooManyCalls",
    retry: "later",
  });
}
