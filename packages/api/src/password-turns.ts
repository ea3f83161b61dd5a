/**
 * argon2 takes a core for tens of milliseconds and 19 MiB each time, and anybody may ask for it. Two at once and never
 * more: one for people at addresses from where they have signed in before, one for strangers, who wait in turn by
 * address. A flood of strangers, however many there are, thus leaves the others their own way in.
 */
import { CloudError } from "@madang/core/errors";
import { makeTurns } from "./turns.ts";

export type PasswordTurns = {
  /** What is looked up before: a few at once, or a flood's look-ups would keep everybody else from the database. */
  prepare: <T>(address: string, work: () => Promise<T>) => Promise<T>;
  /** Throws TooManyRequests when too many wait. */
  run: <T>(asker: { address: string; known: boolean }, work: () => Promise<T>) => Promise<T>;
};

const lookUps = { atOnce: 4, atOncePerKey: 1, longestLine: 20 };
const perAddress = 5;
/** Strangers that may wait altogether: at the end of this line somebody waits about ten seconds. */
const strangersWaiting = 200;
const comeBackSeconds = 5;

export function makePasswordTurns(): PasswordTurns {
  const limits = { atOnce: 1, atOncePerKey: 1, longestLine: perAddress, refused: busy };
  const [familiar, strange] = [makeTurns(limits), makeTurns(limits)];
  const looking = makeTurns({ ...lookUps, refused: busy });
  let strangers = 0;
  return {
    prepare: looking.run,
    run: async ({ address, known }, work) => {
      if (known) return await familiar.run(address, work);
      if (strangers >= strangersWaiting) throw busy();
      strangers += 1;
      try {
        return await strange.run(address, work);
      } finally {
        strangers -= 1;
      }
    },
  };
}

function busy(): CloudError {
  return new CloudError("TooManyRequests", "Too many people are signing in. Try again in a moment.", {
    reason: "signInBusy",
    params: { seconds: comeBackSeconds },
    retry: "later",
  });
}
