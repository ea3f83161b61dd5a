/** VMDK in one sparse file (monolithicSparse, streamOptimized) with its descriptor in it. */
import { diskSize, type Fields, fieldsOf, hasAt, isPowerOfTwo, isZero, requireInside } from "./fields.ts";
import { type FileView, type FormatReader, tailBytes } from "./format.ts";
import { bannedImage, damagedImage } from "./refusal.ts";
import { checkDescriptor } from "./vmdk-descriptor.ts";

const format = "vmdk";
const sector = 512;
/** Writers reserve 20 (VMware, QEMU); nothing that they write grows past a few KiB. */
const mostDescriptorSectors = 128;
/** The grain directory's place is said at the end of the file. */
const directoryAtEnd = 0xffffffffffffffffn;
const footerMarker = 3;
const mostGrainSectors = 2_048;
const directoryPlace = 56;

export const vmdk: FormatReader = {
  format,
  matches: ({ head }) => hasAt(head, 0, "KDMV"),
  inspect: (view) => {
    const fields = fieldsOf(view.head, format, "little");
    const version = fields.u32(4);
    if (version < 1 || version > 3) throw damagedImage(format, `version ${version}`);
    const capacity = fields.place(12);
    const size = diskSize(format, capacity * sector);
    checkGrains(fields);
    if (fields.u16(77) > 1) throw damagedImage(format, "compression");
    checkDescriptor(descriptorOf(fields), capacity);
    checkDirectory(view, fields);
    return size;
  },
};

function checkGrains(fields: Fields): void {
  const grain = fields.place(20);
  if (!isPowerOfTwo(grain) || grain < 8 || grain > mostGrainSectors) throw damagedImage(format, "grain size");
  if (fields.u32(44) !== 512) throw damagedImage(format, "grain tables");
}

/** Nothing may follow its text: what one reader takes for its end, another must not read on from. */
function descriptorOf(fields: Fields): string {
  const [at, sectors] = [fields.place(28), fields.place(36)];
  if (at === 0) throw bannedImage("VMDK in several files");
  if (at !== 1 || sectors < 1 || sectors > mostDescriptorSectors) throw damagedImage(format, "descriptor");
  const room = fields.bytes(sector, sectors * sector);
  const end = room.indexOf(0);
  if (end < 0 || !isZero(room.subarray(end))) throw damagedImage(format, "descriptor's end");
  const text = room.subarray(0, end);
  if (!text.every((byte) => byte === 9 || byte === 10 || byte === 13 || (byte >= 32 && byte < 127)))
    throw damagedImage(format, "descriptor's letters");
  return new TextDecoder("latin1").decode(text);
}

function checkDirectory({ head, tail, size }: FileView, fields: Fields): void {
  const place = fields.u64(directoryPlace);
  if (place !== directoryAtEnd) {
    requireInside(format, size, fields.place(directoryPlace) * sector, 4, "the grain directory");
    return;
  }
  if (size === null) return;
  if (tail.length < tailBytes) throw damagedImage(format, "footer");
  const footer = fieldsOf(tail, format, "little");
  const marked = footer.u64(0) <= 1n && footer.u32(8) === 0 && footer.u32(12) === footerMarker;
  const ended = isZero(tail.subarray(2 * sector));
  if (!marked || !ended) throw damagedImage(format, "footer");
  // All but the place that the header leaves open is the header once more.
  const same = (from: number, to: number) =>
    head.subarray(from, to).every((byte, i) => byte === tail[sector + from + i]);
  if (!same(0, directoryPlace) || !same(directoryPlace + 8, sector)) throw damagedImage(format, "footer");
  requireInside(format, size, footer.place(sector + directoryPlace) * sector, 4, "the grain directory");
}
