import fc from "fast-check";
import { expect, test } from "vitest";
import { attachment } from "./attachment.ts";

const named = (name: string) => attachment(name, "fallback", "qcow2");

test("a plain name stands as it is, a Korean one twice", () => {
  expect(named("debian-13.1")).toBe('attachment; filename="debian-13.1.qcow2"');
  expect(named("우분투 24.04")).toBe(
    `attachment; filename="24.04.qcow2"; filename*=UTF-8''${encodeURIComponent("우분투 24.04.qcow2")}`,
  );
  expect(named("한글")).toBe(
    `attachment; filename="fallback.qcow2"; filename*=UTF-8''${encodeURIComponent("한글.qcow2")}`,
  );
  // Whatever way it was typed.
  expect(named("한글".normalize("NFD"))).toBe(named("한글"));
});

test("no name is a path, an option, hidden, or shown otherwise than it is", () => {
  expect(named("../../etc/passwd")).not.toContain("..");
  expect(named("-rf")).toBe('attachment; filename="rf.qcow2"');
  expect(named(".bashrc")).toBe('attachment; filename="bashrc.qcow2"');
  expect(named("\u202egpj")).not.toContain("%E2%80%AE");
  expect(named("\ud800")).toContain('filename="fallback.qcow2"');
  expect(named("...")).toBe('attachment; filename="fallback.qcow2"');
});

test("whatever it is called, the header has one line, and its name nothing that ends it", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), (name) => {
      expect(named(name)).toMatch(
        /^attachment; filename="[A-Za-z0-9._-]+\.qcow2"(; filename\*=UTF-8''[A-Za-z0-9!#$&+.^_`|~%-]+\.qcow2)?$/,
      );
    }),
    { numRuns: 2_000 },
  );
});

test.each(['a"; filename=evil.exe', "a\r\nset-cookie: x=y", "a\u0000b", "a%0d%0ab", "a\u2028b"])(
  "%j",
  (name) => {
    const header = named(name);
    expect(header).not.toMatch(/[\r\n\0\u2028]/);
    expect(header.match(/filename=/g)).toHaveLength(1);
  },
);
