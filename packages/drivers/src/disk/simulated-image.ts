/**
 * What a simulated disk gives when it is copied: a real qcow2 file of the disk's size, with a text at its beginning and
 * nothing behind it.
 */
const cluster = 65_536;
const entryBytes = 8;
/** What one table of the second level stands for, bytes. */
const tableBytes = (cluster / entryBytes) * cluster;
/** The cluster belongs to this table alone, and is written in place. */
const owned = 1n << 63n;

/** `sizeBytes` up to 8 TiB. */
export function simulatedImage(sizeBytes: number, text: string): Buffer {
  const tables = Math.ceil(sizeBytes / tableBytes);
  const tableClusters = Math.ceil((tables * entryBytes) / cluster);
  // Header, counts' table, counts, first level, second level, data.
  const [countsTable, counts, first] = [1, 2, 3];
  const second = first + tableClusters;
  const data = second + 1;
  const bytes = Buffer.alloc((data + 1) * cluster);
  const at = (index: number) => BigInt(index * cluster);
  bytes.write("QFI\xfb", 0, "latin1");
  bytes.writeUInt32BE(3, 4);
  bytes.writeUInt32BE(16, 20);
  bytes.writeBigUInt64BE(BigInt(sizeBytes), 24);
  bytes.writeUInt32BE(tables, 36);
  bytes.writeBigUInt64BE(at(first), 40);
  bytes.writeBigUInt64BE(at(countsTable), 48);
  bytes.writeUInt32BE(1, 56);
  bytes.writeUInt32BE(4, 96);
  bytes.writeUInt32BE(104, 100);
  bytes.writeBigUInt64BE(at(counts), countsTable * cluster);
  for (let index = 0; index <= data; index++) bytes.writeUInt16BE(1, counts * cluster + index * 2);
  bytes.writeBigUInt64BE(at(second) | owned, first * cluster);
  bytes.writeBigUInt64BE(at(data) | owned, second * cluster);
  bytes.write(text, data * cluster);
  return bytes;
}
