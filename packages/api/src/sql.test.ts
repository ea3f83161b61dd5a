import { expect, test } from "vitest";
import { allOf, bind, containing, literal, sql } from "./sql.ts";

test("values are bound in order, however deep the pieces are", () => {
  const inner = sql`b = ${2} OR c = ${"x'; --"}`;
  expect(bind(sql`SELECT ${literal("a")} WHERE ${allOf([sql`a = ${1}`, inner])} LIMIT ${9}`)).toEqual({
    text: "SELECT a WHERE TRUE AND (a = $1) AND (b = $2 OR c = $3) LIMIT $4",
    values: [1, 2, "x'; --", 9],
  });
});

test("wildcards in what is looked for are letters", () => {
  expect(containing("50%_\\")).toBe("%50\\%\\_\\\\%");
});
