/** The text in a VMDK file. Every line must be one that is understood: the others are how it refers to files. */
import { damagedImage, dependentImage } from "./refusal.ts";

const format = "vmdk";
const types = ["monolithicSparse", "streamOptimized"];

/** The key is followed by a value that may be anything of this shape. */
const harmless: readonly RegExp[] = [
  /^$/,
  /^#[\w .,:;()-]*$/,
  /^version\s*=\s*[1-4]$/,
  /^encoding\s*=\s*"[\w-]{1,40}"$/,
  /^CID\s*=\s*[0-9a-fA-F]{1,8}$/,
  /^parentCID\s*=\s*ffffffff$/i,
  /^isNativeSnapshot\s*=\s*"no"$/,
  /^ddb\.[\w.]{1,80}\s*=\s*"[\w .,:;()/+{}-]*"$/,
];
const createType = /^createType\s*=\s*"(\w+)"$/;
const extent = /^(?:RW|RDONLY|NOACCESS)\s+(\d{1,15})\s+(\w+)\s+"([^"]*)"(?:\s+\d+)?$/;

/** `capacity`: sectors of the whole disk. Throws for everything else than one sparse extent, this very file. */
export function checkDescriptor(text: string, capacity: number): void {
  // QEMU looks for these words anywhere, in comments and values too.
  if (/parentFileNameHint/i.test(text)) throw dependentImage(format, "parent");
  if (text.split("createType").length !== 2) throw damagedImage(format, "descriptor");
  const lines = text.split("\n").map((line) => line.trim());
  if (lines[0] !== "# Disk DescriptorFile") throw damagedImage(format, "descriptor");
  let extents = 0;
  let type: string | undefined;
  for (const line of lines) {
    const [, named] = createType.exec(line) ?? [];
    const [, sectors, kind, file] = extent.exec(line) ?? [];
    if (named !== undefined) {
      if (type !== undefined || !types.includes(named)) throw dependentImage(format, `createType ${named}`);
      type = named;
    } else if (file !== undefined) {
      if (kind !== "SPARSE" || /[/\\:]/.test(file)) throw dependentImage(format, "extent");
      if (Number(sectors) > capacity) throw damagedImage(format, "extent's size");
      extents += 1;
    } else if (!harmless.some((shape) => shape.test(line)))
      throw /parent|track|file/i.test(line)
        ? dependentImage(format, "descriptor")
        : damagedImage(format, "a line of its descriptor is not known");
  }
  if (type === undefined || extents !== 1) throw damagedImage(format, "descriptor");
}
