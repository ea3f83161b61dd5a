/** The header of a qcow2 file, read by our own parser: an image may be hostile, and one that names other files is refused. */
import { CloudError } from "@madang/core/errors";

/** Enough for every field that is looked at. */
export const headerBytes = 104;

const magic = Buffer.from("QFI\xfb", "latin1");
const foreign: readonly [string, Buffer, number][] = [
  ["VMDK", Buffer.from("KDMV"), 0],
  ["VHDX", Buffer.from("vhdxfile"), 0],
  ["VHD", Buffer.from("conectix"), 0],
  ["VDI", Buffer.from([0x7f, 0x10, 0xda, 0xbe]), 64],
  ["QED", Buffer.from("QED\0"), 0],
];
/** Dirty, compression type and extended L2 entries may be set; corrupt, external data file and unknown ones may not. */
const allowedFeatures = 0b11001n;
const largestDisk = 64n * 1024n ** 4n;

export type DiskHeader = { format: "qcow2" | "raw"; virtualSizeBytes: number };

/** `size`: of the whole file. Throws InvalidInput for what can't be a disk of ours. */
export function readDiskHeader(head: Uint8Array, size: number): DiskHeader {
  const bytes = Buffer.from(head);
  if (bytes.subarray(0, 4).equals(magic)) return { format: "qcow2", virtualSizeBytes: qcow2Size(bytes) };
  const other = foreign.find(([, mark, at]) => bytes.subarray(at, at + mark.length).equals(mark));
  if (other) throw refused(`${other[0]} files are not supported. Convert it with qemu-img convert -O qcow2.`);
  if (size === 0) throw refused("The file is empty.");
  return { format: "raw", virtualSizeBytes: Math.ceil(size / 512) * 512 };
}

function qcow2Size(bytes: Buffer): number {
  if (bytes.length < 72) throw refused("The file ends within its header.");
  const version = bytes.readUInt32BE(4);
  if (version !== 2 && version !== 3) throw refused(`qcow2 version ${version} is not known.`);
  if (bytes.readBigUInt64BE(8) !== 0n) throw refused("It has a backing file.");
  if (bytes.readUInt32BE(32) !== 0) throw refused("It is encrypted.");
  if (version === 3) checkFeatures(bytes);
  const clusterBits = bytes.readUInt32BE(20);
  if (clusterBits < 9 || clusterBits > 21) throw refused("Its cluster size is out of range.");
  const size = bytes.readBigUInt64BE(24);
  if (size === 0n || size > largestDisk) throw refused("Its size is out of range.");
  return Number(size);
}

function checkFeatures(bytes: Buffer): void {
  if (bytes.length < headerBytes) throw refused("The file ends within its header.");
  const features = bytes.readBigUInt64BE(72);
  if ((features & 4n) !== 0n) throw refused("It keeps its data in another file.");
  if ((features & ~allowedFeatures) !== 0n)
    throw refused("It is damaged, or has features that are not known.");
}

function refused(why: string): CloudError {
  return new CloudError("InvalidInput", `This disk image can't be used: ${why}`, {
    reason: "imageRefused",
    field: "image",
  });
}
