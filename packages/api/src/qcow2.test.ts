import { expect, test } from "vitest";
import { headerBytes, readDiskHeader } from "./qcow2.ts";

type Header = {
  version?: number;
  backing?: bigint;
  bits?: number;
  size?: bigint;
  crypt?: number;
  features?: bigint;
};

function qcow2({
  version = 3,
  backing = 0n,
  bits = 16,
  size = 1024n ** 3n,
  crypt = 0,
  features = 0n,
}: Header = {}) {
  const bytes = Buffer.alloc(headerBytes);
  bytes.write("QFI\xfb", "latin1");
  bytes.writeUInt32BE(version, 4);
  bytes.writeBigUInt64BE(backing, 8);
  bytes.writeUInt32BE(bits, 20);
  bytes.writeBigUInt64BE(size, 24);
  bytes.writeUInt32BE(crypt, 32);
  bytes.writeBigUInt64BE(features, 72);
  return bytes;
}

test("an honest qcow2 tells its virtual size", () => {
  expect(readDiskHeader(qcow2(), 196_616)).toEqual({ format: "qcow2", virtualSizeBytes: 1024 ** 3 });
  expect(readDiskHeader(qcow2({ version: 2 }).subarray(0, 72), 196_616).format).toBe("qcow2");
  expect(readDiskHeader(qcow2({ features: 0b11001n }), 196_616).format).toBe("qcow2");
});

test.each([
  ["a backing file", qcow2({ backing: 200n })],
  ["a backing file in version 2", qcow2({ version: 2, backing: 1n })],
  ["an external data file", qcow2({ features: 4n })],
  ["the corrupt bit", qcow2({ features: 2n })],
  ["a feature nobody knows", qcow2({ features: 1n << 40n })],
  ["encryption", qcow2({ crypt: 2 })],
  ["an unknown version", qcow2({ version: 4 })],
  ["absurd clusters", qcow2({ bits: 40 })],
  ["no size", qcow2({ size: 0n })],
  ["an absurd size", qcow2({ size: 1n << 62n })],
  ["half a header", qcow2().subarray(0, 40)],
  ["half of version 3's header", qcow2().subarray(0, 80)],
  ["a VMDK", Buffer.from("KDMV and so on")],
  ["a VHDX", Buffer.from("vhdxfile and so on")],
])("%s is refused", (_what, bytes) => {
  expect(() => readDiskHeader(bytes, 196_616)).toThrow(expect.objectContaining({ code: "InvalidInput" }));
});

test("anything else is raw, in whole sectors, unless it is nothing", () => {
  expect(readDiskHeader(Buffer.from("bootable?"), 513)).toEqual({ format: "raw", virtualSizeBytes: 1024 });
  expect(() => readDiskHeader(Buffer.alloc(0), 0)).toThrow("empty");
});
