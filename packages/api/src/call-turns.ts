/** Calls to procedures, a few a person at once: a script that sends thousands waits in its own line, not in the database's. */
import { CloudError } from "@madang/core/errors";
import { bearerMark } from "./credential.ts";
import { networkOf } from "./network.ts";
import { makeTurns } from "./turns.ts";

export type CallTurns = {
  /** Throws TooManyRequests when the caller's line is too long. */
  run: <T>(caller: TurnCaller, work: () => Promise<T>) => Promise<T>;
  /**
   * From now on calls of the session, or of the application credential (`bearerMark`), count as the person's: signing in
   * often must not give more turns. `userId` null: they are nobody's any more, and wait with the strangers of their address.
   */
  belongs: (sign: string, userId: string | null) => void;
};
type TurnCaller = { sessionId: string | null; bearer?: string | null; address: string };

const atOnce = 24;
const atOncePerKey = 6;
const longestLine = 300;
/** Sessions and credentials whose person is remembered; the one that was seen longest ago is forgotten first. */
const remembered = 10_000;

export function makeCallTurns(): CallTurns {
  const turns = makeTurns({ atOnce, atOncePerKey, longestLine, refused: tooMany });
  const users = new Map<string, string | null>();
  const keyOf = ({ sessionId, bearer, address }: TurnCaller) => {
    const stranger = `address ${networkOf(address)}`;
    // A bearer that nobody has checked yet may be anybody's guess.
    if (bearer != null) return users.get(bearerMark(bearer)) ?? stranger;
    if (sessionId === null) return stranger;
    const owner = users.get(sessionId);
    return owner === undefined ? sessionId : (owner ?? stranger);
  };
  return {
    run: (caller, work) => turns.run(keyOf(caller), work),
    belongs: (sign, userId) => {
      const known = users.delete(sign);
      // Guesses must not push out who is known.
      if (userId === null && !known) return;
      users.set(sign, userId);
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
