/** What is to be copied, held as it is at one moment, whatever it is. */

import { setTimeout as delay } from "node:timers/promises";
import { CloudError } from "@madang/core/errors";
import type { ExportSource } from "@madang/core/wire/export";
import type { HypervisorDriver } from "@madang/drivers/hypervisor/driver";
import type { CopyOutOptions } from "@madang/drivers/storage/driver";
import type { Logger } from "pino";
import { backOffMs } from "../converge/decision.ts";
import type { VolumeCopies } from "../storage/copies.ts";

export type Hold = {
  begin: (signal: AbortSignal) => Promise<void>;
  write: (path: string, options: CopyOutOptions) => Promise<void>;
  end: () => Promise<void>;
};

type Deps = { rootCopies: HypervisorDriver["rootCopies"]; volumes: VolumeCopies | null };

/** Throws Unsupported where there are no volumes. */
export function holdOf({ rootCopies, volumes }: Deps, exportId: string, source: ExportSource): Hold {
  if (source.kind === "guest") {
    const { guestId } = source;
    return {
      begin: (signal) => rootCopies.begin(guestId, exportId, signal),
      write: (path, options) => rootCopies.write(guestId, exportId, path, options),
      end: () => rootCopies.end(guestId, exportId),
    };
  }
  if (!volumes)
    throw new CloudError("Unsupported", "This hypervisor has no volumes.", {
      reason: "StorageMissing",
      retry: "never",
    });
  const { volumeId } = source;
  if (source.kind === "snapshot") {
    const { snapshotId, sizeBytes } = source;
    return {
      begin: async () => {},
      write: (path, options) => volumes.write({ volumeId, snapshotId, sizeBytes }, path, options),
      end: async () => {},
    };
  }
  return {
    begin: (signal) => volumes.begin(volumeId, exportId, signal),
    write: (path, options) => volumes.write({ volumeId, copyId: exportId }, path, options),
    end: () => volumes.end(volumeId, exportId),
  };
}

const mostEnds = 3;

/** A guest that is busy for a moment must not keep the copy for ever. Logs when it could not be let go. */
export async function letGo(hold: Hold, log: Logger, waitMs: typeof backOffMs = backOffMs): Promise<void> {
  for (let tried = 1; tried <= mostEnds; tried++) {
    try {
      return await hold.end();
    } catch (error) {
      log.warn({ err: error, tried }, "copy could not be let go");
      if (tried < mostEnds) await delay(waitMs(tried));
    }
  }
}
