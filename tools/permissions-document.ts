/**
 * Writes docs/permissions.md from the table in core and the words of the English catalogue: `npm run
 * document:permissions`. A test holds the file to what this would write.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import en from "../apps/web/messages/en.json" with { type: "json" };
import { roles } from "../packages/core/src/identity/permission.ts";
import { areas, type PermissionRow, roleTable } from "../packages/core/src/identity/role-table.ts";

const root = join(import.meta.dirname, "..");
export const permissionsDocument = join(root, "docs/permissions.md");

const words = new Map(Object.entries(en.permissions));
const areaWords = new Map(Object.entries(en.permissionAreas));

const scopes = { project: "in a project", system: "whole cloud", self: "signed in", public: "anybody" };

const head = `# Permissions

Every procedure of the API declares one permission. This table says who has it; \`/admin/roles\` shows the same one, and
\`npm run document:permissions\` writes this page from it. A role counts in the project it was given in; \`admin\` and
\`reader\` can also be given over the whole cloud, and an \`admin\` of the whole cloud counts as \`admin\` in every project.
**again**: asks for the password or second factor if that was over 15 minutes ago. **programs**: open to application
credentials that have the role.
`;

function line(row: PermissionRow): string {
  const marks = roles.map((role) => (row.roles.includes(role) ? "✓" : "·"));
  const open = row.scope === "self" || row.scope === "public";
  const who = open ? roles.map(() => "✓") : marks;
  const flags = [row.confirm ? "again" : "", row.credentials ? "programs" : ""];
  const cells = [words.get(row.name) ?? "", `\`${row.name}\``, scopes[row.scope], ...who, ...flags];
  return `| ${cells.join(" | ")} |`;
}

/** The page as it should be. */
export function permissionsText(): string {
  const title = `| may | permission | where | ${roles.join(" | ")} | | |`;
  const rule = `| --- | --- | --- | ${roles.map(() => ":-:").join(" | ")} | --- | --- |`;
  const parts = areas().map((area) => {
    const lines = roleTable()
      .filter((row) => row.area === area)
      .map((row) => line(row));
    return [`\n## ${areaWords.get(area)}\n`, title, rule, ...lines].join("\n");
  });
  return `${[head.trimEnd(), ...parts].join("\n")}\n`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  writeFileSync(permissionsDocument, permissionsText());
