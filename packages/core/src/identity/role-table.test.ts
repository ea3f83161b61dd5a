import { expect, test } from "vitest";
import { permissions, roles } from "./permission.ts";
import { roleTable, roleWords } from "./role-table.ts";

test("every permission is in one area, and in one alone", () => {
  const named = roleTable().map(({ name }) => name);
  expect(named.toSorted()).toEqual(Object.keys(permissions).toSorted());
});

test.each(roles)("the words for %s in a project name each project permission once", (role) => {
  const words = roleWords(role, "project").flatMap(({ may, mayNot }) => [...may, ...mayNot]);
  const scoped = roleTable().filter(({ scope }) => scope === "project");
  expect(words.toSorted()).toEqual(scoped.map(({ name }) => name).toSorted());
  const may = roleWords(role, "project").flatMap((one) => one.may);
  expect(may.toSorted()).toEqual(
    scoped
      .filter((row) => row.roles.includes(role))
      .map(({ name }) => name)
      .toSorted(),
  );
});

test("a reader of the whole cloud looks and changes nothing", () => {
  const may = roleWords("reader", "system").flatMap((one) => one.may);
  expect(may).toContain("audit:list");
  expect(
    may.filter((name) => /:(manage|delete|secure|update|join|fence|reset|force_delete)$/.test(name)),
  ).toEqual([]);
});
