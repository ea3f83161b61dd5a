/**
 * Sends a file as fast as it is taken. It ends, cut off in the middle, when he who asked may no longer have it, goes, or
 * takes nothing for a while.
 */
import type { ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { CloudError, type ErrorCode } from "@madang/core/errors";

/** How often it is asked again whether he may, and how long nothing may be taken, ms. */
export type Patience = { judgeEveryMs: number; stallMs: number };
export const patience: Patience = { judgeEveryMs: 1_000, stallMs: 60_000 };

const denials: readonly ErrorCode[] = ["Unauthenticated", "Forbidden", "NotFound", "InvalidState"];

type Watched = {
  /** `moved` is to be called whenever something was taken. */
  source: (moved: () => void) => Readable;
  /** Throws once he who asked may no longer have it. */
  judgeAgain: () => Promise<void>;
};

/** Throws what cut it off. */
export async function sendWatched(
  { source, judgeAgain }: Watched,
  response: ServerResponse,
  { judgeEveryMs, stallMs }: Patience = patience,
): Promise<void> {
  const ending = new AbortController();
  let at = performance.now();
  const timer = setInterval(() => {
    if (performance.now() - at > stallMs) ending.abort(stalled());
    judgeAgain().catch((error: unknown) => {
      // Without the database nobody knows: the next look decides.
      if (error instanceof CloudError && denials.includes(error.code)) ending.abort(error);
    });
  }, judgeEveryMs);
  const moved = () => {
    at = performance.now();
  };
  try {
    await pipeline(source(moved), response, { signal: ending.signal });
  } catch (error) {
    throw ending.signal.aborted ? ending.signal.reason : error;
  } finally {
    clearInterval(timer);
  }
}

function stalled(): CloudError {
  return new CloudError("Unavailable", "The file was not taken.", { reason: "exportStalled" });
}
