/** Who may import whom, as ARCHITECTURE.md says it. TypeScript 7 has no parser API that depcruise knows: swc parses. */

/** Tests, and the harnesses that only tests import. */
const tests = "(\\.test\\.(ts|tsx|mjs)|/testing/[^/]+\\.ts)$";
const ours = "^(apps|packages|e2e|bench|boot|tools)/";

/** A part may import itself and the named parts of ours; `typesFrom` only for its types. */
function imports(part, allowed) {
  return {
    name: `${part.replaceAll("/", "-")}-imports`,
    comment: `${part} imports of ours only: ${allowed.join(", ") || "nothing"}`,
    severity: "error",
    from: { path: `^${part}/`, pathNot: tests },
    to: { path: ours, pathNot: [part, ...allowed].map((path) => `^${path}/`) },
  };
}

/** `ovsdb` is no driver but a protocol that several of them speak. */
const driverParts = "^packages/drivers/src/([^/]+)/((?!testing/|ovsdb/)[^/]+/|fake\\.ts$)";

module.exports = {
  forbidden: [
    imports("packages/core", []),
    imports("packages/db", ["packages/core"]),
    imports("packages/drivers", ["packages/core"]),
    imports("packages/api", ["packages/core", "packages/db"]),
    imports("packages/telemetry", ["packages/core"]),
    imports("apps/controller", ["packages/core", "packages/db", "packages/drivers", "packages/telemetry"]),
    imports("apps/agent", [
      "packages/core",
      "packages/drivers",
      "packages/telemetry",
      "packages/api/src/agent",
    ]),
    imports("apps/web", ["packages/core", "packages/api", "packages/telemetry"]),
    imports("e2e", []),
    imports("bench", ["packages/core", "apps/agent/src/link", "e2e/stack"]),
    imports("boot", []),
    {
      name: "agent-types-only",
      comment: "The agent knows the API by its types alone: it must run without it.",
      severity: "error",
      from: { path: "^apps/agent/", pathNot: tests },
      to: { path: "^packages/api/", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "client-types-only",
      comment:
        "What may run in a browser takes only types from the API; a value would carry the server along.",
      severity: "error",
      from: { path: "^apps/web/(app|components|lib)/", pathNot: tests },
      to: { path: "^packages/api/", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "driver-by-registry",
      comment: "Only a seam's registry (and tests) knows its implementations.",
      severity: "error",
      from: { path: ours, pathNot: [driverParts, "^packages/drivers/src/[^/]+/registry\\.ts$", tests] },
      to: { path: driverParts },
    },
    {
      name: "driver-knows-no-driver",
      comment: "Implementations never import each other.",
      severity: "error",
      from: { path: "^packages/drivers/src/([^/]+)/([^/]+)/", pathNot: tests },
      to: { path: driverParts, pathNot: "^packages/drivers/src/$1/$2/" },
    },
    {
      name: "plan-is-pure",
      comment: "A plan is a pure function: it imports core, or another plan.",
      severity: "error",
      from: { path: "\\.plan\\.ts$" },
      to: { pathNot: ["^packages/core/", "\\.plan\\.ts$"] },
    },
    {
      name: "core-is-pure",
      comment: "core does no I/O: no module of Node's.",
      severity: "error",
      from: { path: "^packages/core/", pathNot: tests },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "boot-needs-no-package",
      comment: "boot runs before npm ci.",
      severity: "error",
      from: { path: "^boot/", pathNot: tests },
      to: { path: "node_modules/" },
    },
    {
      name: "no-circle",
      comment: "Circles of types alone are harmless.",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "resolvable",
      comment: "An import that leads nowhere escapes every other rule.",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    parser: "swc",
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(/generated/|/\\.next/|next-env\\.d\\.ts$)" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
      extensions: [".ts", ".tsx", ".mjs", ".js", ".cjs", ".json", ".d.ts"],
    },
  },
};
