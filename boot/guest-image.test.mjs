import { expect, test } from "vitest";
import { blankQcow2 } from "./guest-image.mjs";

test("the blank disk is a qcow2 header, version 3, of 64 MiB with every cluster counted", () => {
  const bytes = blankQcow2();
  expect(bytes.subarray(0, 4).toString("latin1")).toBe("QFI\xfb");
  expect(bytes.readUInt32BE(4)).toBe(3);
  expect(bytes.readBigUInt64BE(24)).toBe(64n * 1024n * 1024n);
  const cluster = 1 << bytes.readUInt32BE(20);
  expect(bytes.length % cluster).toBe(0);
  const refcountTable = Number(bytes.readBigUInt64BE(48));
  const refcountBlock = Number(bytes.readBigUInt64BE(refcountTable));
  const counts = Array.from({ length: bytes.length / cluster + 1 }, (_, at) =>
    bytes.readUInt16BE(refcountBlock + 2 * at),
  );
  expect(counts).toEqual([1, 1, 1, 1, 0]);
});
