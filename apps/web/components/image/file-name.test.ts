import { expect, test } from "vitest";
import { formatOf, nameOf } from "./file-name.ts";

test.each([
  ["debian.qcow2", "qcow2", "debian"],
  ["disk.VMDK", "vmdk", "disk"],
  ["old.vpc", "vhd", "old"],
  ["disk.img", "", "disk"],
  ["우분투 24.04.iso", "iso", "우분투 24.04"],
  ["plain", "", "plain"],
  [".raw", "raw", ".raw"],
])("%s", (file, format, name) => {
  expect([formatOf(file), nameOf(file)]).toEqual([format, name]);
});
