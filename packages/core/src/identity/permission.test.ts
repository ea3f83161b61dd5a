import { expect, test } from "vitest";
import { isGranted, type Permission, permissions, roles } from "./permission.ts";

const all = Object.keys(permissions).filter((key): key is Permission => key in permissions);
const project = "p1";

test.each(all)("%s: nothing without a role unless it concerns oneself", (permission) => {
  const self = ["self", "public"].includes(permissions[permission].scope);
  expect(isGranted({ system: [], projects: {} }, permission, project)).toBe(self);
  expect(isGranted({ system: [], projects: { other: [...roles] } }, permission, project)).toBe(self);
});

test.each(all)("%s: roles in a project never reach the whole cloud", (permission) => {
  if (permissions[permission].scope !== "system") return;
  expect(isGranted({ system: [], projects: { [project]: ["admin"] } }, permission, project)).toBe(false);
});

test("a reader changes nothing, a member does, the cloud's admin does everywhere", () => {
  const as = (role: "reader" | "member") => ({ system: [], projects: { [project]: [role] } });
  expect(isGranted(as("reader"), "instance:list", project)).toBe(true);
  expect(isGranted(as("reader"), "instance:delete", project)).toBe(false);
  expect(isGranted(as("member"), "instance:delete", project)).toBe(true);
  expect(isGranted({ system: ["admin"], projects: {} }, "instance:delete", project)).toBe(true);
  expect(isGranted({ system: ["admin"], projects: {} }, "instance:delete", null)).toBe(false);
});
