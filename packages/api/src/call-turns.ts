/** Calls to procedures, a few a person at once: a script that sends thousands waits in its own line, not in the database's. */
import { CloudError } from "@madang/core/errors";
import { bearerMark } from "./credential.ts";
import { networkOf } from "./network.ts";
import { makeTurns } from "./turns.ts";

/** Waits for what has a line of its own without keeping others from their turns: `wait` must be the last of a call's work. */
export type Outside = <T>(wait: () => Promise<T>) => Promise<T>;

export type CallTurns = {
  /** Throws TooManyRequests when the caller's line is too long. */
  run: <T>(caller: TurnCaller, work: (outside: Outside) => Promise<T>) => Promise<T>;
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
/** Who waits outside, of all and of one person; more wait in their turns. Fewer than a project's line of launches takes. */
const mostOutside = 160;
const mostOutsidePerKey = 12;
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
  const waiting = new Map<string, number>();
  let outside = 0;
  const count = (key: string, change: 1 | -1) => {
    const own = (waiting.get(key) ?? 0) + change;
    if (own === 0) waiting.delete(key);
    else waiting.set(key, own);
    outside += change;
  };
  const outsideOf =
    (key: string, leave: () => void): Outside =>
    async (wait) => {
      if (outside >= mostOutside || (waiting.get(key) ?? 0) >= mostOutsidePerKey) return await wait();
      count(key, 1);
      leave();
      try {
        return await wait();
      } finally {
        count(key, -1);
      }
    };
  return {
    run: (caller, work) => {
      const key = keyOf(caller);
      return turns.run(key, (leave) => work(outsideOf(key, leave)));
    },
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
