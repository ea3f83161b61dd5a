/** What is asked for of images; forms and procedures parse it with these schemas. */
import { z } from "zod";
import { displayName } from "../instance/launch.ts";
import { description } from "../network/subnet-input.ts";
import { uuid } from "../uuid.ts";
import { imageFormats, mostImageBytes } from "./format.ts";
import { propertyConflict, propertyFault } from "./hardware.ts";
import { sourceUrl } from "./source-url.ts";
import { imageVisibilities } from "./status.ts";

/** Lower-case hex digits of each kind of checksum. */
export const checksumLengths = { sha256: 64, sha512: 128, md5: 32 } as const;
export type ChecksumAlgorithm = keyof typeof checksumLengths;

/** The algorithm that a checksum's length tells; null: it is none. */
export function checksumAlgorithm(value: string): ChecksumAlgorithm | null {
  const names: ChecksumAlgorithm[] = ["sha256", "sha512", "md5"];
  return names.find((name) => checksumLengths[name] === value.length) ?? null;
}

const checksum = z
  .object({ algorithm: z.enum(["sha256", "sha512", "md5"]), value: z.string().regex(/^[0-9a-f]+$/) })
  .refine(({ algorithm, value }) => value.length === checksumLengths[algorithm], {
    error: "imageChecksumShape",
  });

/** Glance allows 128 of them. */
const mostProperties = 64;
export const propertyName = z.string().regex(/^[a-z][a-z0-9_:.-]{0,99}$/, { error: "imagePropertyName" });
export const propertyValue = z
  .string()
  .max(255, { error: "nameTooLong" })
  .refine((text) => text.isWellFormed() && !/\p{Cc}/u.test(text), { error: "nameCharacters" });
export const imageProperties = z
  .record(propertyName, propertyValue)
  .refine((all) => Object.keys(all).length <= mostProperties, { error: "imagePropertiesTooMany" })
  .superRefine((all, check) => {
    const fault = propertyFault(all);
    if (fault) check.addIssue({ code: "custom", message: "imagePropertyValue", path: [fault.name] });
    if (propertyConflict(all))
      check.addIssue({ code: "custom", message: "imagePropertyConflict", path: ["architecture"] });
  });

const wholeNumber = (most: number) =>
  z.int({ error: "numberWhole" }).min(0, { error: "numberRange" }).max(most, { error: "numberRange" });
export const minDiskGib = wholeNumber(65_536);
export const minRamMib = wholeNumber(16_777_216);

export const imageSource = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("upload"),
    /** Of the file, bytes. */
    sizeBytes: z.int().min(1, { error: "imageEmpty" }).max(mostImageBytes, { error: "imageTooLarge" }),
  }),
  z.object({
    kind: z.literal("url"),
    url: z
      .string()
      .max(2_048)
      .refine((text) => sourceUrl(text) !== null, { error: "imageUrlShape" }),
  }),
]);

export const newImage = z.object({
  id: uuid,
  name: displayName,
  description: description.default(""),
  source: imageSource,
  /** null: whatever it is found to be; a raw disk must be called so. */
  format: z.enum(imageFormats).nullable().default(null),
  checksum: checksum.nullable().default(null),
  visibility: z.enum(imageVisibilities).default("private"),
  minDiskGib: minDiskGib.default(0),
  minRamMib: minRamMib.default(0),
  protected: z.boolean().default(false),
  properties: imageProperties.default({}),
});
export type NewImage = z.infer<typeof newImage>;

export const imageChanges = z
  .object({
    name: displayName,
    description,
    visibility: z.enum(imageVisibilities),
    protected: z.boolean(),
    deactivated: z.boolean(),
    minDiskGib,
    minRamMib,
    properties: imageProperties,
  })
  .partial();
export type ImageChanges = z.infer<typeof imageChanges>;
