import { expect, test } from "vitest";
import { missingPackages, parsePackageList } from "./package-list.mjs";

test("sections, remarks and empty lines", () => {
  const text = "# all\n\n[run]\nqemu-utils # disks\nlibstdc++6\n[test]\nchromium\n\n[optional]\n";
  expect(parsePackageList(text)).toEqual({
    run: ["qemu-utils", "libstdc++6"],
    test: ["chromium"],
    optional: [],
  });
});

test.each([
  ["a package before any section", "qemu-utils\n[run]"],
  ["an option for apt", "[run]\n--allow-unauthenticated"],
  ["two on one line", "[run]\none two"],
])("refuses %s", (_name, text) => {
  expect(() => parsePackageList(text)).toThrow(/line \d/);
});

test("missing is what dpkg does not report as installed, also when it was removed but configured", () => {
  const output =
    "one\tinstall ok installed\ntwo\tdeinstall ok config-files\nthree\tinstall ok half-configured\n";
  expect(missingPackages(["one", "two", "three", "four"], output)).toEqual(["two", "three", "four"]);
});
