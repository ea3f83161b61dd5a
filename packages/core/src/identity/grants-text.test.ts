import { expect, test } from "vitest";
import { grantsText } from "./grants-text.ts";

test("order says nothing, every role does", () => {
  const one = grantsText({
    system: ["reader", "admin"],
    projects: { b: ["member", "admin"], a: ["reader"] },
  });
  expect(
    grantsText({ system: ["admin", "reader"], projects: { a: ["reader"], b: ["admin", "member"] } }),
  ).toBe(one);
  expect(grantsText({ system: ["admin", "reader"], projects: { a: ["reader"], b: ["admin"] } })).not.toBe(
    one,
  );
  expect(grantsText({ system: ["admin"], projects: { a: ["reader"], b: ["admin", "member"] } })).not.toBe(
    one,
  );
});
