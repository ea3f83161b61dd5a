import fc from "fast-check";
import { expect, test } from "vitest";
import { CloudError } from "../errors.ts";
import { type ImageFormat, imageFormats } from "./format.ts";
import { type Inspection, openInspector } from "./inspector.ts";
import { checkDescriptor } from "./vmdk-descriptor.ts";

function inspect(bytes: Uint8Array, declared: ImageFormat | null, chunk = 65_536): Inspection {
  const inspector = openInspector(declared);
  for (let at = 0; at < bytes.length; at += chunk) inspector.write(bytes.subarray(at, at + chunk));
  return inspector.end();
}

function reasonOf(work: () => unknown): string | undefined {
  try {
    work();
    return "taken";
  } catch (error) {
    if (error instanceof CloudError) return error.options.reason;
    throw error;
  }
}

/** A lone qcow2 of 1 GiB with an empty L1 table; `change` makes an attack of it. */
function qcow2(change: (header: DataView) => void = () => {}): Uint8Array {
  const bytes = new Uint8Array(4 * 65_536);
  const header = new DataView(bytes.buffer);
  bytes.set([0x51, 0x46, 0x49, 0xfb]);
  header.setUint32(4, 3);
  header.setUint32(20, 16);
  header.setBigUint64(24, 1024n ** 3n);
  header.setUint32(36, 2);
  header.setBigUint64(40, 3n * 65_536n);
  header.setBigUint64(48, 65_536n);
  header.setUint32(56, 1);
  header.setUint32(96, 4);
  header.setUint32(100, 104);
  change(header);
  return bytes;
}

const qcow2Attacks: [string, string, (header: DataView) => void][] = [
  ["qcow1", "imageBannedFormat", (header) => header.setUint32(4, 1)],
  ["version 4", "imageDamaged", (header) => header.setUint32(4, 4)],
  ["backing file", "imageDependent", (header) => header.setBigUint64(8, 512n)],
  ["a backing file's length alone", "imageDependent", (header) => header.setUint32(16, 9)],
  ["data file", "imageDependent", (header) => header.setBigUint64(72, 4n)],
  [
    "data file's name",
    "imageDependent",
    (header) => {
      header.setUint32(104, 0x44415441);
      header.setUint32(108, 16);
    },
  ],
  ["corrupt", "imageDamaged", (header) => header.setBigUint64(72, 2n)],
  ["unknown feature", "imageDamaged", (header) => header.setBigUint64(72, 1n << 40n)],
  ["encryption", "imageEncrypted", (header) => header.setUint32(32, 2)],
  ["clusters of 4 GiB", "imageDamaged", (header) => header.setUint32(20, 32)],
  ["clusters of a byte", "imageDamaged", (header) => header.setUint32(20, 0)],
  ["60 TiB", "imageTooLarge", (header) => header.setBigUint64(24, 60n * 1024n ** 4n)],
  ["2^64 bytes", "imageTooLarge", (header) => header.setBigUint64(24, 2n ** 64n - 1n)],
  ["no bytes", "imageDamaged", (header) => header.setBigUint64(24, 0n)],
  ["L1 too long", "imageDamaged", (header) => header.setUint32(36, 0xffffffff)],
  ["L1 too short", "imageDamaged", (header) => header.setUint32(36, 1)],
  ["L1 outside", "imageDamaged", (header) => header.setBigUint64(40, 2n ** 40n)],
  ["L1 at 2^63", "imageDamaged", (header) => header.setBigUint64(40, 2n ** 63n)],
  ["refcounts too long", "imageDamaged", (header) => header.setUint32(56, 0xffff)],
  ["snapshots without end", "imageDamaged", (header) => header.setUint32(60, 65_536)],
  [
    "snapshots outside",
    "imageDamaged",
    (header) => [header.setUint32(60, 1), header.setBigUint64(64, 2n ** 40n)],
  ],
  ["header without end", "imageDamaged", (header) => header.setUint32(100, 0xfffffff8)],
  [
    "extension without end",
    "imageDamaged",
    (header) => {
      header.setUint32(104, 0x6803f857);
      header.setUint32(108, 0xffffffff);
    },
  ],
];

test("a lone qcow2 is taken", () => {
  expect(inspect(qcow2(), "qcow2")).toEqual({
    format: "qcow2",
    sizeBytes: 4 * 65_536,
    virtualSizeBytes: 1024 ** 3,
  });
});

test.each(qcow2Attacks)("qcow2: %s", (_name, reason, change) => {
  expect(reasonOf(() => inspect(qcow2(change), null))).toBe(reason);
});

test("a file is what it was declared to be", () => {
  expect(reasonOf(() => inspect(qcow2(), "raw"))).toBe("imageOtherFormat");
  expect(reasonOf(() => inspect(qcow2(), "vmdk"))).toBe("imageOtherFormat");
  expect(reasonOf(() => inspect(new Uint8Array(4_096), "qcow2"))).toBe("imageOtherFormat");
  expect(reasonOf(() => inspect(new Uint8Array(4_096), null))).toBe("imageUnknownFormat");
  expect(reasonOf(() => inspect(new Uint8Array(0), "raw"))).toBe("imageEmpty");
  expect(inspect(new Uint8Array(1_000), "raw").virtualSizeBytes).toBe(1_024);
});

function withMark(bytes: Uint8Array, at: number, mark: string): Uint8Array {
  bytes.set(new TextEncoder().encode(mark), at);
  return bytes;
}

test("a file that can be read in two ways is refused", () => {
  const trailer = (bytes: Uint8Array, mark: string) => withMark(bytes, bytes.length - 512, mark);
  expect(reasonOf(() => inspect(trailer(qcow2(), "conectix"), "qcow2"))).toBe("imageMixedFormats");
  expect(reasonOf(() => inspect(withMark(qcow2(), 0x8001, "CD001"), "qcow2"))).toBe("imageMixedFormats");
  expect(reasonOf(() => inspect(withMark(qcow2(), 0x8001, "CD001"), "iso"))).toBe("imageMixedFormats");
  expect(reasonOf(() => inspect(trailer(qcow2(), "koly"), "qcow2"))).toBe("imageMixedFormats");
});

test.each(["QED\0", "COWD", "# Disk DescriptorFile\n", "\x1f\x8b\x08", "PK\x03\x04", "<!DOCTYPE html>"])(
  "what begins with %j is no raw disk",
  (mark) => {
    const bytes = new Uint8Array(4_096);
    bytes.set(Array.from(mark, (letter) => letter.charCodeAt(0)));
    expect(reasonOf(() => inspect(bytes, "raw"))).toBe("imageBannedFormat");
  },
);

test("a CD's image may have a partition table too", () => {
  const bytes = withMark(new Uint8Array(40 * 2_048), 0x8001, "CD001");
  const fields = new DataView(bytes.buffer);
  bytes[0x8000] = 1;
  bytes[0x8006] = 1;
  fields.setUint32(0x8000 + 80, 40, true);
  fields.setUint16(0x8000 + 128, 2_048, true);
  fields.setUint16(510, 0xaa55, true);
  expect(inspect(bytes, "iso")).toMatchObject({ format: "iso", virtualSizeBytes: 40 * 2_048 });
  expect(reasonOf(() => inspect(bytes, "raw"))).toBe("imageOtherFormat");
  expect(reasonOf(() => inspect(bytes.subarray(0, 38 * 2_048), "iso"))).toBe("imageDamaged");
});

test("a refusal does not wait for the end", () => {
  const inspector = openInspector("qcow2");
  const bytes = new Uint8Array(2 * 1024 ** 2);
  expect(reasonOf(() => inspector.write(bytes))).toBe("imageOtherFormat");
});

const descriptor = (more: string) =>
  `# Disk DescriptorFile\nversion=1\nCID=1\nparentCID=ffffffff\ncreateType="monolithicSparse"\nRW 8 SPARSE "a.vmdk"\n${more}`;

test.each([
  ["", "taken"],
  ['ddb.adapterType = "ide"\n#DDB\n', "taken"],
  ['parentFileNameHint="/etc/shadow"', "imageDependent"],
  ['# parentFileNameHint="/etc/shadow"', "imageDependent"],
  ['ddb.comment = "parentFileNameHint="', "imageDependent"],
  ['# createType="vmfs"', "imageDamaged"],
  ['RW 8 FLAT "/etc/shadow" 0', "imageDependent"],
  ['RW 8 SPARSE "/etc/shadow"', "imageDependent"],
  ['RW 8 SPARSE "second.vmdk"', "imageDamaged"],
  ['changeTrackPath="x-ctk.vmdk"', "imageDependent"],
  ["anything", "imageDamaged"],
])("VMDK descriptor with %j", (more, expected) => {
  expect(reasonOf(() => checkDescriptor(descriptor(more), 8))).toBe(expected);
});

function vmdk(descriptorSectors: number): Uint8Array {
  const bytes = new Uint8Array(512 * (1 + descriptorSectors + 1));
  const header = new DataView(bytes.buffer);
  withMark(bytes, 0, "KDMV");
  header.setUint32(4, 1, true);
  const places = { 12: 128n, 20: 128n, 28: 1n, 36: BigInt(descriptorSectors), 56: 1n };
  for (const [at, value] of Object.entries(places)) header.setBigUint64(Number(at), value, true);
  header.setUint32(44, 512, true);
  const filling = "#\n".repeat((descriptorSectors * 512 - 200) / 2);
  return withMark(bytes, 512, descriptor(filling));
}

test("a VMDK's text is as long as writers make it, and a longer one is refused", () => {
  expect(reasonOf(() => inspect(vmdk(20), "vmdk"))).toBe("taken");
  expect(reasonOf(() => inspect(vmdk(128), "vmdk"))).toBe("taken");
  for (const sectors of [129, 2_000])
    expect(reasonOf(() => inspect(vmdk(sectors), "vmdk"))).toBe("imageDamaged");
});

test("how the bytes are cut changes nothing", () => {
  const files = [qcow2(), qcow2((header) => header.setBigUint64(8, 512n)), new Uint8Array(1_200_000)];
  const judged = (bytes: Uint8Array, declared: ImageFormat | null, chunk: number) => {
    try {
      return inspect(bytes, declared, chunk);
    } catch (error) {
      if (error instanceof CloudError) return error.options.reason;
      throw error;
    }
  };
  const chunks = fc.integer({ min: 500, max: 2_000_000 });
  const declarations = fc.constantFrom<ImageFormat | null>(null, ...imageFormats);
  fc.assert(
    fc.property(fc.constantFrom(...files), declarations, chunks, (bytes, declared, chunk) => {
      expect(judged(bytes, declared, chunk)).toEqual(judged(bytes, declared, 65_536));
    }),
    { numRuns: 60 },
  );
});

test("no header makes it fail otherwise than with a reason", () => {
  const change = fc.array(fc.tuple(fc.nat({ max: 130 }), fc.nat({ max: 255 })), { maxLength: 6 });
  fc.assert(
    fc.property(change, (changes) => {
      const bytes = qcow2();
      for (const [at, value] of changes) bytes[at] = value;
      expect(reasonOf(() => inspect(bytes, null))).toMatch(/^(taken|image[A-Z]\w+)$/);
    }),
    { numRuns: 500 },
  );
});
