import { expect, test } from "vitest";
import { rangeOf } from "./byte-range.ts";

const file = { etag: '"abc"', sizeBytes: 1000 };

test.each([
  ["bytes=0-", { start: 0, end: 999 }],
  ["bytes=400-", { start: 400, end: 999 }],
  ["bytes=400-499", { start: 400, end: 499 }],
  ["bytes=400-999999", { start: 400, end: 999 }],
  ["bytes=-1", { start: 999, end: 999 }],
  ["bytes=-5000", { start: 0, end: 999 }],
  ["Bytes = 0 - 0", { start: 0, end: 0 }],
  ["bytes=1000-", "outside"],
  ["bytes=999999-", "outside"],
  ["bytes=-0", "outside"],
  ["bytes=5-4", null],
  ["bytes=-", null],
  ["bytes=", null],
  ["bytes=0-1,5-6", null],
  ["bytes=a-b", null],
  ["bytes=0x1-", null],
  ["bytes=1e3-", null],
  ["lines=0-5", null],
  ["bytes=99999999999999999999-", null],
  [`bytes=${"0".repeat(5_000)}-`, null],
])("%s", (range, found) => {
  expect(rangeOf({ ...file, range })).toEqual(found);
});

test("a half counts only of the same file", () => {
  const range = "bytes=400-";
  expect(rangeOf({ ...file, range, ifRange: '"abc"' })).toEqual({ start: 400, end: 999 });
  for (const ifRange of ['W/"abc"', '"abd"', "abc", "Sun, 22 Nov 2026 21:00:00 GMT", ""])
    expect(rangeOf({ ...file, range, ifRange }), ifRange).toBeNull();
});

test("of an empty file there is no part, and without a range all is meant", () => {
  expect(rangeOf({ ...file, sizeBytes: 0, range: "bytes=0-" })).toBe("outside");
  expect(rangeOf({ ...file, sizeBytes: 0, range: "bytes=-1" })).toBe("outside");
  expect(rangeOf(file)).toBeNull();
});
