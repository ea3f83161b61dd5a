import { expect, test } from "vitest";
import { sizeOf } from "./size-draft.ts";

test.each([
  ["10", 10],
  [" 65536 ", 65_536],
  ["65537", null],
  ["0", null],
  ["-1", null],
  ["1.5", null],
  ["", null],
  ["ten", null],
])("%j is %j GiB", (text, size) => expect(sizeOf(text)).toBe(size));
