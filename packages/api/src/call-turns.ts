/** Calls to procedures, a few a person at once: a script that sends thousands waits in its own line, not in the database's. */
import { CloudError } from "@madang/core/errors";
import { networkOf } from "./network.ts";
import { makeTurns } from "./turns.ts";

export type CallTurns = {
  /** Throws TooManyRequests when the caller's line is too long. */
  run: <T>(caller: { sessionId: string | null; address: string }, work: () => Promise<T>) => Promise<T>;
  /** From now on the session's calls count as the person's: signing in often must not give more turns. */
  belongs: (sessionId: string, userId: string) => void;
};

const atOnce = 24;
const atOncePerKey = 6;
const longestLine = 300;
/** Sessions whose person is remembered; the one that was seen longest ago is forgotten first. */
const remembered = 10_000;

export function makeCallTurns(): CallTurns {
  const turns = makeTurns({ atOnce, atOncePerKey, longestLine, refused: tooMany });
  const users = new Map<string, string>();
  const keyOf = ({ sessionId, address }: { sessionId: string | null; address: string }) =>
    sessionId === null ? `address ${networkOf(address)}` : (users.get(sessionId) ?? sessionId);
  return {
    run: (caller, work) => turns.run(keyOf(caller), work),
    belongs: (sessionId, userId) => {
      users.delete(sessionId);
      users.set(sessionId, userId);
      const [oldest] = users.keys();
      if (users.size > remembered && oldest !== undefined) users.delete(oldest);
    },
  };
}

function tooMany(): CloudError {
  return new CloudError("TooManyRequests", "Too many of your requests are waiting. Try again in a moment.", {
    reason: "tooManyCalls",
    retry: "later",
  });
}
