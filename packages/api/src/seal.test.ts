import { expect, test } from "vitest";
import { makeSeal } from "./seal.ts";

const seal = makeSeal("01".repeat(32));
const secret = Buffer.from("a secret of 마당");

test("what is sealed opens only where it was put, unaltered, with the same key", () => {
  const sealed = seal.close(secret, "password:1");
  expect(sealed.includes(secret)).toBe(false);
  expect(seal.open(sealed, "password:1")).toEqual(secret);
  expect(() => seal.open(sealed, "password:2")).toThrow();
  expect(() => makeSeal("02".repeat(32)).open(sealed, "password:1")).toThrow();
  for (const at of sealed.keys()) {
    const altered = Buffer.from(sealed);
    altered[at] = (altered[at] ?? 0) ^ 1;
    expect(() => seal.open(altered, "password:1")).toThrow();
  }
});

test("the same secret is never sealed to the same bytes, and has the same mark", () => {
  expect(seal.close(secret, "x")).not.toEqual(seal.close(secret, "x"));
  expect(seal.mark("x")).toBe(seal.mark("x"));
  expect(seal.mark("x")).not.toBe(makeSeal("02".repeat(32)).mark("x"));
});

test.each(["", "zz".repeat(32), "01".repeat(31)])("no key, no seal", (key) => {
  expect(() => makeSeal(key)).toThrow(TypeError);
});
