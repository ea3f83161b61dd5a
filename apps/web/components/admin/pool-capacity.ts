import { bytesPerGib } from "@madang/core/volume/status";
import type { StoragePoolRow } from "../../lib/rows.ts";

/** Bytes of a disk and what was promised of it, in GiB. */
export type Capacity = Pick<StoragePoolRow, "totalBytes" | "freeBytes" | "promisedGib">;

export function inAll(pools: readonly Capacity[]): Capacity {
  return pools.reduce(
    (sum, { totalBytes, freeBytes, promisedGib }) => ({
      totalBytes: sum.totalBytes + totalBytes,
      freeBytes: sum.freeBytes + freeBytes,
      promisedGib: sum.promisedGib + promisedGib,
    }),
    { totalBytes: 0, freeBytes: 0, promisedGib: 0 },
  );
}

/** All its volumes can't be full at once. */
export function isOverPromised({ promisedGib, totalBytes }: Capacity): boolean {
  return promisedGib * bytesPerGib > totalBytes;
}
