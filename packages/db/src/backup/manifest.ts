/** What stands in a backup: its last member, by which everything before it is judged before anything is written. */
import { z } from "zod";

/** Raised when an older Madang could not read what this one writes. */
export const formatVersion = 1;
export const manifestName = "manifest.json";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const sqlName = z.string().regex(/^[a-z_][a-z0-9_]{0,62}$/);

const member = z.object({ name: z.string().max(200), size: z.int().min(0), sha256 });
const migration = z.object({ name: z.string().regex(/^\d{14}_\w{1,200}$/), checksum: sha256 });
const table = z.object({
  name: sqlName,
  columns: z.array(sqlName).min(1),
  rows: z.int().min(0),
  /** In their order: the table's rows as COPY's text, cut where it pleased. */
  members: z.array(z.string().regex(/^table\/[a-z0-9_]+\/\d{6}$/)),
});
const image = z.object({ name: z.string(), sha256, included: z.boolean() });

export const manifest = z.object({
  product: z.literal("madang"),
  format: z.int().min(1),
  version: z.string().max(50),
  madeAt: z.iso.datetime(),
  postgres: z.string().max(100),
  /** Applied when it was made, in their order. */
  migrations: z.array(migration).min(1),
  /** In the order in which they can be filled: what others refer to comes first. */
  tables: z.array(table),
  /** Months of the trail that have a partition of their own, "YYYY_MM". */
  months: z.array(z.string().regex(/^\d{4}_\d{2}$/)),
  /** Members that are files of MADANG_DATA. */
  files: z.array(z.string().max(200)),
  images: z.array(image),
  /** Every member but this one. */
  members: z.array(member),
});
export type Manifest = z.infer<typeof manifest>;
export type Member = z.infer<typeof member>;
export type ManifestTable = z.infer<typeof table>;
export type ManifestImage = z.infer<typeof image>;

/** Of what is there of MADANG_DATA, what belongs into a backup: paths with "/" between. */
const kept = [
  /^secrets\/(session|seal)\.key$/,
  /^ca\/ca\.(key|pem)$/,
  /^ports\.json$/,
  /^admin-password$/,
  /^agent\/(\d{1,4}\/)?identity\.json$/,
];
const imagePath = /^images\/([0-9a-f]{64})$/;

export function isKeptFile(path: string): boolean {
  return kept.some((one) => one.test(path));
}

/** The image's SHA-256; null when the path is no image's. */
export function imageOf(path: string): string | null {
  return imagePath.exec(path)?.[1] ?? null;
}
