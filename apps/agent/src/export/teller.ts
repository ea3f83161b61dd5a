/** Tells the control plane the newest word about one copy: seldom, and again until it was heard. */
import { setTimeout as delay } from "node:timers/promises";
import type { ExportReport } from "@madang/core/wire/export";

export type Teller = {
  tell: (report: ExportReport) => void;
};

/** As often as people can read, ms. */
const tellEveryMs = 1_000;

/** Ends with `signal`. */
export function openTeller(send: (report: ExportReport) => Promise<void>, signal: AbortSignal): Teller {
  let next: ExportReport | null = null;
  let telling = false;
  const run = async () => {
    while (next && !signal.aborted) {
      const said = next;
      next = null;
      await send(said).catch(() => {
        next ??= said;
      });
      await delay(tellEveryMs, undefined, { signal }).catch(() => {});
    }
    telling = false;
  };
  return {
    tell: (report) => {
      next = report;
      if (telling) return;
      telling = true;
      void run();
    },
  };
}
