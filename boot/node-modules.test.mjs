import { expect, test } from "vitest";
import { matchesLock } from "./node-modules.mjs";

const machine = { platform: "linux", cpu: "x64" };
const locked = {
  "": { name: "madang" },
  "node_modules/one": { version: "1.0.0", integrity: "sha512-a" },
  "node_modules/native-darwin": { version: "1.0.0", optional: true, os: ["darwin"] },
  "node_modules/@madang/core": { resolved: "packages/core", link: true },
};
const installed = {
  "node_modules/one": { version: "1.0.0", integrity: "sha512-a" },
  "node_modules/@madang/core": { resolved: "packages/core", link: true },
};

test("the same, without what is made for other machines", () => {
  expect(matchesLock(locked, installed, machine)).toBe(true);
});

test.each([
  ["nothing is installed", null],
  ["a package is missing", { "node_modules/@madang/core": installed["node_modules/@madang/core"] }],
  ["a version differs", { ...installed, "node_modules/one": { version: "1.0.1", integrity: "sha512-a" } }],
  ["a content differs", { ...installed, "node_modules/one": { version: "1.0.0", integrity: "sha512-b" } }],
  ["a package is too many", { ...installed, "node_modules/two": { version: "1.0.0" } }],
])("differs when %s", (_name, other) => {
  expect(matchesLock(locked, other, machine)).toBe(false);
});
