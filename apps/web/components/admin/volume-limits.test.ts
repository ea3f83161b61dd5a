import { expect, test } from "vitest";
import { limitsOf, textsOf } from "./volume-limits.ts";

const none = { totalMib: "", readMib: "", writeMib: "", totalIops: "", readIops: "", writeIops: "" };

test("what is typed in MiB is meant in bytes, and comes back as it was typed", () => {
  const typed = { ...none, readMib: "10", writeMib: " 5 ", totalIops: "500" };
  expect(limitsOf(typed)).toEqual({
    readBytesPerSecond: 10_485_760,
    writeBytesPerSecond: 5_242_880,
    totalIops: 500,
  });
  expect(textsOf(limitsOf(typed))).toEqual({ ...typed, writeMib: "5" });
  expect(limitsOf(none)).toEqual({});
  expect(textsOf({})).toEqual(none);
});
