/**
 * One copy of a disk: held, written to a file of its own, let go, looked at, and brought to the control plane piece by piece.
 * A file that is whole is only brought again; anything else begins anew, with the disk as it is then.
 */
import { createReadStream } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { asCloudError, CloudError, type PublicError } from "@madang/core/errors";
import { type ExportOrder, type ExportReport, mostPieceBytes } from "@madang/core/wire/export";
import type { HypervisorDriver } from "@madang/drivers/hypervisor/driver";
import type PQueue from "p-queue";
import type { Logger } from "pino";
import { backOffMs } from "../converge/decision.ts";
import type { Link } from "../link/client.ts";
import { Unreachable } from "../link/route.ts";
import { isDiskFull } from "../link/saved.ts";
import type { VolumeCopies } from "../storage/copies.ts";
import { type ExportedFile, type ExportFiles, exportFiles } from "./files.ts";
import { holdOf, letGo } from "./hold.ts";
import { openTeller } from "./teller.ts";

export type ExportDeps = {
  directory: string;
  rootCopies: HypervisorDriver["rootCopies"];
  /** null where there are no volumes. */
  volumes: VolumeCopies | null;
  link: () => Pick<Link, "exported" | "piece">;
  /** Copying keeps a disk busy, and takes of its room. */
  turns: PQueue;
  log: Logger;
  /** After so many failures in a row; as `backOffMs` unless it is said. */
  waitMs?: typeof backOffMs;
};

/**
 * What may pass is tried so often in a row. That the control plane can't be reached, or can't take it just now, is no try:
 * it ends by itself, and the control plane gives up what stands still for too long.
 */
const mostTries = 8;
const longestAwayMs = 30_000;
/** Pieces in a row that bring it no further. */
const mostIdlePieces = 5;

type Work = ExportDeps & {
  order: ExportOrder;
  files: ExportFiles;
  signal: AbortSignal;
  tell: (percent: number, fault?: PublicError) => void;
  /** So many bytes are there. */
  progress: (bytes: number) => void;
};

/** The control plane said, or would have said, that it takes nothing just now. */
class NotNow extends CloudError {}

/** Ends when it was brought, when it failed for good, or by `signal`. */
export async function runExport(deps: ExportDeps, order: ExportOrder, signal: AbortSignal): Promise<void> {
  const { exportId } = order;
  const send = (report: ExportReport) => deps.link().exported(report, signal);
  const teller = openTeller(send, signal);
  const tell: Work["tell"] = (percent, fault) =>
    teller.tell({ exportId, percent: Math.floor(percent), fault: fault ? faultOf(fault) : null });
  let [tries, away, brought] = [0, 0, 0];
  const progress = (bytes: number) => {
    if (bytes > brought) [tries, away, brought] = [0, 0, bytes];
  };
  const work = { ...deps, order, files: exportFiles(deps.directory, exportId), signal, tell, progress };
  const { waitMs = backOffMs } = deps;
  while (!signal.aborted) {
    try {
      return await deps.turns.add(() => attempt(work), { signal });
    } catch (error) {
      if (signal.aborted) return;
      const known = asCloudError(error);
      const isAway = known instanceof Unreachable || known instanceof NotNow;
      if (isAway) away++;
      else tries++;
      const retry = known.toPublic().retry === "later" && tries < mostTries ? "later" : "never";
      deps.log.warn({ err: error, detail: known.options.detail, exportId, tries, retry }, "export failed");
      tell(0, { ...known.toPublic(), retry });
      if (retry === "never") return;
      const ms = isAway ? Math.min(longestAwayMs, waitMs(away)) : waitMs(tries);
      await delay(ms, undefined, { signal }).catch(() => {});
    }
  }
}

/** No more than the wire takes of it. */
const faultOf = ({
  code,
  reason,
  message,
  params,
  retry,
}: PublicError): NonNullable<ExportReport["fault"]> => ({
  ...{ code, reason, message, retry },
  ...(params ? { params } : {}),
});

async function attempt(work: Work): Promise<void> {
  const { files, signal } = work;
  const file = (await files.finished()) ?? (await make(work));
  signal.throwIfAborted();
  work.tell(100);
  await bring(work, file);
}

async function make({ order, files, signal, tell, ...deps }: Work): Promise<ExportedFile> {
  const hold = holdOf(deps, order.exportId, order.source);
  try {
    await files.open(order.source);
    try {
      await hold.begin(signal);
      await hold.write(files.image, { signal, onPercent: tell });
    } finally {
      await letGo(hold, deps.log, deps.waitMs);
    }
    return await files.finish(signal);
  } catch (error) {
    signal.throwIfAborted();
    throw isDiskFull(error) ? diskFull(error) : error;
  }
}

/** Nobody waits for it any more: all of it is there, or it was called off. */
const settledReasons = ["imageUploadClosed", "imageNotFound"];

/** Done too when the control plane says that it takes no more: soon it names this copy no longer. */
async function bring(work: Work, file: ExportedFile): Promise<void> {
  try {
    await sendPieces(work, file);
  } catch (error) {
    const { reason = "" } = asCloudError(error).options;
    if (!settledReasons.includes(reason)) throw error;
  }
}

async function sendPieces(
  { order, files, link, signal, progress }: Work,
  { sizeBytes, sha256 }: ExportedFile,
): Promise<void> {
  let offset = 0;
  for (let idle = 0; offset < sizeBytes; ) {
    const length = Math.min(mostPieceBytes, sizeBytes - offset);
    const body = () => createReadStream(files.image, { start: offset, end: offset + length - 1 });
    const piece = { offset, sizeBytes, sha256 };
    const there = await link().piece(order.exportId, piece, { body, length }, signal).catch(orNotNow);
    progress(there);
    idle = there > offset ? 0 : idle + 1;
    if (idle >= mostIdlePieces) throw stalled();
    offset = there;
  }
}

/** Too busy, without its database or without room: as if it could not be reached. */
function orNotNow(error: unknown): never {
  if (!(error instanceof CloudError) || error instanceof Unreachable) throw error;
  const passes = error.code === "Unavailable" || error.code === "TooManyRequests";
  throw passes && error.options.retry === "later"
    ? new NotNow(error.code, error.message, error.options)
    : error;
}

function diskFull(cause: unknown): CloudError {
  return new CloudError("Unavailable", "The hypervisor's disk is full.", {
    reason: "DiskFull",
    cause,
    retry: "elsewhere",
  });
}

function stalled(): CloudError {
  return new CloudError("Unavailable", "The control plane takes no more of the image.", {
    reason: "exportStalled",
    retry: "later",
  });
}
