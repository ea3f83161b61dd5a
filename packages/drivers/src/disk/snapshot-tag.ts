/**
 * How a snapshot inside a volume is named. The name is all that is kept of it, so it also tells how it was taken: with no
 * guest running (off), under a running guest (live), or under one whose file systems stood still (quiesced).
 */
import { z } from "zod";

export type SnapshotTag = { snapshotId: string; taken: "off" | "live" | "quiesced" };

const suffixes = { off: "", live: ".live", quiesced: ".quiesced" } as const;
/** Made for one copy of a volume, whose id it bears, and removed after it. */
const copyPrefix = "copy-";

export function tagOf({ snapshotId, taken }: SnapshotTag): string {
  return snapshotId + suffixes[taken];
}

/** Null for what is no snapshot of ours. */
export function readTag(tag: string): SnapshotTag | null {
  for (const taken of ["quiesced", "live", "off"] as const) {
    const snapshotId = tag.slice(0, tag.length - suffixes[taken].length);
    if (snapshotId + suffixes[taken] === tag && isId(snapshotId)) return { snapshotId, taken };
  }
  return null;
}

export function copyTagOf(volumeId: string): string {
  return copyPrefix + volumeId;
}

/** The volume that it is copied into; null for any other tag. */
export function readCopyTag(tag: string): string | null {
  const volumeId = tag.slice(copyPrefix.length);
  return tag.startsWith(copyPrefix) && isId(volumeId) ? volumeId : null;
}

const isId = (text: string) => z.uuid().safeParse(text).success;
