/** At most two admissions a project at once, queued before a connection is taken: one project's flood waits in line. */
import { CloudError } from "@madang/core/errors";
import { makeTurns } from "./turns.ts";

export type AdmissionQueue = { run: <T>(projectId: string, work: () => Promise<T>) => Promise<T> };

const atOncePerKey = 2;
/** Of all projects together: fewer than the pool has connections, for a sign-in needs one as well. */
const atOnce = 6;
/** A line longer than this is answered at once with "try later". */
const longestLine = 200;

export function makeAdmissionQueue(): AdmissionQueue {
  return makeTurns({ atOnce, atOncePerKey, longestLine, refused: tooLong });
}

export function tooLong(): CloudError {
  return new CloudError(
    "Unavailable",
    "Too many requests are waiting in this project. Try again in a moment.",
    { reason: "busy", retry: "later" },
  );
}
