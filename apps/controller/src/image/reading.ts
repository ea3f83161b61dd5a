/** One reading of a file on a thread of its own. */
import { Worker } from "node:worker_threads";
import { CloudError, type PublicError } from "@madang/core/errors";
import type { ImageFormat } from "@madang/core/image/format";
import type { Inspection } from "@madang/core/image/inspector";

export type ReadingOrder = {
  source: string;
  /** A file that must not be there yet; null: nothing is written. */
  target: string | null;
  declared: ImageFormat | null;
  algorithms: readonly string[];
};
/** `digests`: lower-case hex by algorithm. */
export type Reading = { inspection: Inspection; digests: Record<string, string> };
export type ReadingAnswer =
  | ({ kind: "done" } & Reading)
  | { kind: "progress"; bytes: number }
  | { kind: "failed"; error: PublicError; detail: string | null };

/** Throws what the inspector refuses, and Internal for what the disk does. */
export async function readFileThrough(
  order: ReadingOrder,
  signal: AbortSignal,
  onBytes: (bytes: number) => void = () => {},
): Promise<Reading> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<Reading>();
  const worker = new Worker(new URL("./reading.worker.ts", import.meta.url), { workerData: order });
  const stop = () => reject(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  worker.on("message", (answer: ReadingAnswer) => {
    if (answer.kind === "done") resolve(answer);
    else if (answer.kind === "progress") onBytes(answer.bytes);
    else reject(failureOf(answer));
  });
  worker.once("error", reject);
  worker.once("exit", () => reject(new TypeError("the reading ended without an answer")));
  try {
    return await promise;
  } finally {
    signal.removeEventListener("abort", stop);
    await worker.terminate();
  }
}

function failureOf({ error, detail }: Extract<ReadingAnswer, { kind: "failed" }>): CloudError {
  const { code, message, ...options } = error;
  return new CloudError(code, message, { ...options, ...(detail === null ? {} : { detail }) });
}
