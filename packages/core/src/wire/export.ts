/**
 * Copies of disks that a hypervisor is asked to make and to bring: each becomes an image. What an agent tells of one it
 * tells as news; the bytes come in pieces (`exportPiece`) over the same mutual TLS. One that is named no longer is given up:
 * only the copy goes, never what it is a copy of.
 */
import { z } from "zod";
import { guestFault } from "./guest.ts";

/** What it is a copy of, as it is at one moment. */
export const exportSource = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("volume"), volumeId: z.uuid() }),
  z.object({
    kind: z.literal("snapshot"),
    volumeId: z.uuid(),
    snapshotId: z.uuid(),
    /** Its volume may have grown since. */
    sizeBytes: z.int().min(1),
  }),
  /** Its root disk. */
  z.object({ kind: z.literal("guest"), guestId: z.uuid() }),
]);
export type ExportSource = z.infer<typeof exportSource>;

export const exportOrder = z.object({
  /** The image's id. */
  exportId: z.uuid(),
  source: exportSource,
});
export type ExportOrder = z.infer<typeof exportOrder>;

export const exportReport = z.object({
  exportId: z.uuid(),
  /** Of the copying; what was brought is seen where it arrives. */
  percent: z.int().min(0).max(100),
  /** One that is to be tried again says so (`retry: "later"`); any other is its end. */
  fault: guestFault.nullable(),
});
export type ExportReport = z.infer<typeof exportReport>;

/** Longest piece of a copy in one request, bytes. */
export const mostPieceBytes = 16 * 1024 ** 2;

/** Headers of a piece: where it begins, and of what whole it is. */
export const exportHeaders = {
  offset: "x-madang-offset",
  size: "x-madang-size",
  sha256: "x-madang-sha256",
} as const;

export const exportPiece = z.object({
  offset: z.coerce.number().int().min(0),
  sizeBytes: z.coerce.number().int().min(1),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type ExportPiece = z.infer<typeof exportPiece>;

/** How much of the whole is there: where to go on. A piece that began elsewhere was not taken. */
export const exportAnswer = z.object({ offset: z.int().min(0) });
