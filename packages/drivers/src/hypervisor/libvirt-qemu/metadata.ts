/** What we keep in a domain's <metadata>: the mark that it is ours, and what must live and die with the domain. */
import { XMLBuilder, XMLParser } from "fast-xml-parser";
import { z } from "zod";

export const metadataUri = "urn:madang:guest:1";
export const metadataPrefix = "madang";

const attributes = z.object({
  instance: z.uuid(),
  project: z.uuid(),
  hostname: z.string(),
  /** The reboot number that this start of the guest satisfies. */
  rebootSeq: z.coerce.number().int().min(0),
  /** Set before we ask the guest to power off, so that its end is not taken for its own wish. */
  stopping: z.stringbool(),
  /** Its file systems were asked to rest, and may still do so. */
  freezing: z.stringbool().default(false),
});
export type GuestMetadata = z.infer<typeof attributes>;

const attributePrefix = "@";
const options = { ignoreAttributes: false, attributeNamePrefix: attributePrefix };

/** The element as a tree for the builder; inside <metadata> it needs the prefix and its declaration. */
export function metadataElement(guest: GuestMetadata): Record<string, unknown> {
  const entries = Object.entries(guest).map(([key, value]) => [attributePrefix + key, String(value)]);
  const declaration = { [`${attributePrefix}xmlns:${metadataPrefix}`]: metadataUri };
  return { [`${metadataPrefix}:guest`]: { ...declaration, ...Object.fromEntries(entries) } };
}

/** For SetMetadata, where libvirt adds prefix and namespace by itself. */
export function writeMetadata(guest: GuestMetadata): string {
  const entries = Object.entries(guest).map(([key, value]) => [attributePrefix + key, String(value)]);
  return new XMLBuilder({ ...options, suppressEmptyNode: true, suppressBooleanAttributes: false }).build({
    guest: Object.fromEntries(entries),
  });
}

/** Null when the element is not one of ours. */
export function readMetadata(xml: string): GuestMetadata | null {
  const tree: unknown = new XMLParser({
    ...options,
    removeNSPrefix: true,
    trimValues: false,
    parseAttributeValue: false,
  }).parse(xml);
  const shape = z.object({ guest: z.record(z.string(), z.unknown()) }).safeParse(tree);
  if (!shape.success) return null;
  const plain = Object.entries(shape.data.guest).map(([key, value]) => [
    key.replace(attributePrefix, ""),
    value,
  ]);
  const parsed = attributes.safeParse(Object.fromEntries(plain));
  return parsed.success ? parsed.data : null;
}
