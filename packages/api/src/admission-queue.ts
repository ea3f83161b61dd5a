/** At most two admissions a project at once, queued before a connection is taken: one project's flood waits in line. */
import { CloudError } from "@madang/core/errors";
import PQueue from "p-queue";

export type AdmissionQueue = { run: <T>(projectId: string, work: () => Promise<T>) => Promise<T> };

const atOnce = 2;
/** A line longer than this is answered at once with "try later". */
const longestLine = 200;

export function makeAdmissionQueue(): AdmissionQueue {
  const lines = new Map<string, { line: PQueue; inside: number }>();
  const entryOf = (projectId: string) => {
    const entry = lines.get(projectId) ?? { line: new PQueue({ concurrency: atOnce }), inside: 0 };
    lines.set(projectId, entry);
    return entry;
  };
  return {
    run: async <T>(projectId: string, work: () => Promise<T>) => {
      const entry = entryOf(projectId);
      if (entry.inside >= longestLine) throw tooLong();
      entry.inside += 1;
      try {
        return await entry.line.add(work);
      } finally {
        entry.inside -= 1;
        if (entry.inside === 0) lines.delete(projectId);
      }
    },
  };
}

function tooLong(): CloudError {
  return new CloudError(
    "Unavailable",
    "Too many requests are waiting in this project. Try again in a moment.",
    {
      reason: "busy",
      retry: "later",
    },
  );
}
