/** qcow2, versions 2 and 3, alone: no backing file, no data file, no encryption, tables within bounds. */
import { diskSize, type Fields, fieldsOf, hasAt, requireInside } from "./fields.ts";
import type { FileView, FormatReader } from "./format.ts";
import { bannedImage, damagedImage, dependentImage, encryptedImage } from "./refusal.ts";

const format = "qcow2";
const magic = "QFI\xfb";
/** Dirty, compression type and extended L2 entries; corrupt, external data file and whatever is unknown are not taken. */
const allowedFeatures = 0b11001n;
const dataFileFeature = 0b100n;
const extendedL2Feature = 0b10000n;
const compressionFeature = 0b1000n;
/** QEMU's own bounds (block/qcow2.h), bytes. */
const mostL1Bytes = 32 * 1024 ** 2;
const mostRefcountTableBytes = 8 * 1024 ** 2;
/** QEMU would take 65,536; each has tables of its own. */
const mostSnapshots = 256;
const extensions = { end: 0, dataFile: 0x44415441, encryption: 0x0537be77 } as const;

export const qcow2: FormatReader = {
  format,
  matches: ({ head }) => hasAt(head, 0, magic),
  inspect: (view) => {
    const fields = fieldsOf(view.head, format, "big");
    const version = fields.u32(4);
    if (version === 1) throw bannedImage("qcow");
    if (version !== 2 && version !== 3) throw damagedImage(format, `version ${version}`);
    if (fields.u64(8) !== 0n || fields.u32(16) !== 0) throw dependentImage(format, "backing file");
    if (fields.u32(32) !== 0) throw encryptedImage(format);
    const clusterBits = fields.u32(20);
    if (clusterBits < 9 || clusterBits > 21) throw damagedImage(format, "cluster size");
    const features = version === 3 ? featuresOf(fields, 2 ** clusterBits) : 0n;
    checkExtensions(fields, version === 3 ? fields.u32(100) : 72, 2 ** clusterBits);
    const size = diskSize(format, fields.u64(24));
    checkTables(view, fields, size, clusterBits, features);
    return size;
  },
};

function featuresOf(fields: Fields, clusterBytes: number): bigint {
  const features = fields.u64(72);
  if ((features & dataFileFeature) !== 0n) throw dependentImage(format, "external data file");
  if ((features & ~allowedFeatures) !== 0n) throw damagedImage(format, "incompatible features");
  if (fields.u32(96) > 6) throw damagedImage(format, "refcount width");
  const headerBytes = fields.u32(100);
  if (headerBytes < 104 || headerBytes > clusterBytes || headerBytes % 8 !== 0)
    throw damagedImage(format, "header length");
  const compression = headerBytes > 104 ? fields.u8(104) : 0;
  const compressionSaid = (features & compressionFeature) !== 0n;
  if (compression > 1 || compressionSaid !== (compression !== 0))
    throw damagedImage(format, "compression type");
  return features;
}

/** They end with a line of zeros, or with the first cluster. */
function checkExtensions(fields: Fields, from: number, clusterBytes: number): void {
  for (let offset = from; offset + 8 <= clusterBytes; ) {
    const [type, length] = [fields.u32(offset), fields.u32(offset + 4)];
    if (type === extensions.end) return;
    if (type === extensions.dataFile) throw dependentImage(format, "external data file");
    if (type === extensions.encryption) throw encryptedImage(format);
    if (length > clusterBytes - offset - 8) throw damagedImage(format, "header extension");
    offset += 8 + Math.ceil(length / 8) * 8;
  }
}

function checkTables(
  { size: fileBytes }: FileView,
  fields: Fields,
  diskBytes: number,
  clusterBits: number,
  features: bigint,
): void {
  const clusterBytes = 2 ** clusterBits;
  const entryBits = (features & extendedL2Feature) === 0n ? 3 : 4;
  const needed = Math.ceil(diskBytes / (clusterBytes * 2 ** (clusterBits - entryBits)));
  const [entries, at] = [fields.u32(36), fields.place(40)];
  if (entries < needed || entries * 8 > mostL1Bytes || at === 0 || at % clusterBytes !== 0)
    throw damagedImage(format, "L1 table");
  requireInside(format, fileBytes, at, entries * 8, "the L1 table");
  const [refcountsAt, refcountBytes] = [fields.place(48), fields.u32(56) * clusterBytes];
  const refcountsFit = refcountBytes > 0 && refcountBytes <= mostRefcountTableBytes;
  if (!refcountsFit || refcountsAt === 0 || refcountsAt % clusterBytes !== 0)
    throw damagedImage(format, "refcount table");
  requireInside(format, fileBytes, refcountsAt, 8, "the refcount table");
  const snapshots = fields.u32(60);
  if (snapshots > mostSnapshots) throw damagedImage(format, "too many snapshots");
  if (snapshots > 0) requireInside(format, fileBytes, fields.place(64), 40, "the snapshot table");
}
