import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { permissions } from "../packages/core/src/identity/permission.ts";
import { permissionsDocument, permissionsText } from "./permissions-document.ts";

test("docs/permissions.md is what the table in core says; `npm run document:permissions` writes it", () => {
  const text = permissionsText();
  for (const name of Object.keys(permissions)) expect(text).toContain(`| \`${name}\` |`);
  expect(text).not.toContain("|  | `");
  expect(readFileSync(permissionsDocument, "utf8")).toBe(text);
});
