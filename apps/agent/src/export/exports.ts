/**
 * All copies that this hypervisor was told to make and bring. One that is named no longer is given up, and what it took of
 * the disk is free again: only the copy goes. What a crash left behind is looked for when the first word comes.
 */
import type { Snapshot } from "@madang/core/wire/agent";
import type { ExportOrder } from "@madang/core/wire/export";
import PQueue from "p-queue";
import { type ExportDeps, runExport } from "./export.ts";
import { exportFiles, listExports } from "./files.ts";
import { holdOf, letGo } from "./hold.ts";

export type Exports = {
  apply: (snapshot: Pick<Snapshot, "exports">) => void;
  stop: () => Promise<void>;
};

export type ExportsDeps = Omit<ExportDeps, "turns">;

/** On one hypervisor: two that begin at the same time would each count the same room on the disk as free. */
const atOnce = 1;

type Running = { ending: AbortController; done: Promise<void> };

export function createExports(deps: ExportsDeps): Exports {
  const all: ExportDeps = { ...deps, turns: new PQueue({ concurrency: atOnce }) };
  const running = new Map<string, Running>();
  const givingUp = new Map<string, Promise<void>>();
  let isTold = false;
  const start = (order: ExportOrder) => {
    const ending = new AbortController();
    // Named again while it is tidied away: not before that is done, or its folder would go.
    const done = Promise.resolve(givingUp.get(order.exportId))
      .then(() => runExport(all, order, ending.signal))
      .catch((error) => deps.log.error({ err: error, exportId: order.exportId }, "export ended"));
    running.set(order.exportId, { ending, done });
  };
  const giveUp = (exportId: string, earlier: Running | undefined) => {
    running.delete(exportId);
    earlier?.ending.abort();
    const done = Promise.resolve(earlier?.done)
      .then(() => tidy(deps, exportId))
      .catch((error) => deps.log.warn({ err: error, exportId }, "export could not be tidied away"))
      .finally(() => {
        if (givingUp.get(exportId) === done) givingUp.delete(exportId);
      });
    givingUp.set(exportId, done);
  };
  const tidyOthers = async () => {
    for (const exportId of await listExports(deps.directory))
      if (!running.has(exportId) && !givingUp.has(exportId)) giveUp(exportId, undefined);
  };
  return {
    apply: ({ exports: orders }) => {
      if (!orders) return;
      const named = new Set(orders.map(({ exportId }) => exportId));
      for (const [exportId, one] of running) if (!named.has(exportId)) giveUp(exportId, one);
      for (const order of orders) if (!running.has(order.exportId)) start(order);
      if (isTold) return;
      isTold = true;
      tidyOthers().catch((error) => deps.log.warn({ err: error }, "exports could not be listed"));
    },
    stop: async () => {
      for (const { ending } of running.values()) ending.abort();
      await Promise.all([...[...running.values()].map(({ done }) => done), ...givingUp.values()]);
    },
  };
}

/** The disk may be gone, or out of reach: its own worker tidies what is held in a volume. */
async function tidy(deps: ExportsDeps, exportId: string): Promise<void> {
  const files = exportFiles(deps.directory, exportId);
  const source = await files.source();
  // Also of one that is whole: it may not have been let go then.
  if (source) await letGo(holdOf(deps, exportId, source), deps.log, deps.waitMs);
  await files.remove();
}
