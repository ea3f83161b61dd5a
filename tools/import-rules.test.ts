import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const cli = join(root, "node_modules/.bin/depcruise");
const config = join(root, ".dependency-cruiser.cjs");

/** Every rule with one import that breaks it: file, the import in it, and the file it leads to. */
const violations: Record<string, [file: string, line: string, target: string | null]> = {
  "packages-core-imports": ["packages/core/src/a.ts", 'import "../../db/src/b.ts";', "packages/db/src/b.ts"],
  "packages-db-imports": ["packages/db/src/c.ts", 'import "../../api/src/d.ts";', "packages/api/src/d.ts"],
  "packages-drivers-imports": [
    "packages/drivers/src/e.ts",
    'import "../../db/src/b.ts";',
    "packages/db/src/b.ts",
  ],
  "packages-api-imports": [
    "packages/api/src/f.ts",
    'import "../../drivers/src/g.ts";',
    "packages/drivers/src/g.ts",
  ],
  "packages-telemetry-imports": [
    "packages/telemetry/src/t1.ts",
    'import "../../db/src/b.ts";',
    "packages/db/src/b.ts",
  ],
  "apps-controller-imports": [
    "apps/controller/src/h.ts",
    'import "../../../packages/api/src/d.ts";',
    "packages/api/src/d.ts",
  ],
  "apps-agent-imports": [
    "apps/agent/src/i.ts",
    'import "../../../packages/db/src/b.ts";',
    "packages/db/src/b.ts",
  ],
  "apps-web-imports": [
    "apps/web/server/j.ts",
    'import "../../../packages/db/src/b.ts";',
    "packages/db/src/b.ts",
  ],
  "e2e-imports": ["e2e/k.ts", 'import "../packages/core/src/l.ts";', "packages/core/src/l.ts"],
  "bench-imports": ["bench/b1.ts", 'import "../packages/db/src/b.ts";', "packages/db/src/b.ts"],
  "boot-imports": ["boot/m.mjs", 'import "../tools/n.mjs";', "tools/n.mjs"],
  "agent-types-only": [
    "apps/agent/src/o.ts",
    'import { p } from "../../../packages/api/src/agent/p.ts"; p();',
    "packages/api/src/agent/p.ts",
  ],
  "client-types-only": [
    "apps/web/components/q.tsx",
    'import { r } from "../../../packages/api/src/r.ts"; r();',
    "packages/api/src/r.ts",
  ],
  "driver-by-registry": [
    "packages/drivers/src/network/s.ts",
    'import "./ovn/t.ts";',
    "packages/drivers/src/network/ovn/t.ts",
  ],
  "driver-knows-no-driver": [
    "packages/drivers/src/network/bridge/u.ts",
    'import "../ovn/t.ts";',
    "packages/drivers/src/network/ovn/t.ts",
  ],
  "plan-is-pure": ["apps/controller/src/v.plan.ts", 'import "./w.ts";', "apps/controller/src/w.ts"],
  "core-is-pure": ["packages/core/src/x.ts", 'import "node:fs";', null],
  "boot-needs-no-package": ["boot/y.mjs", 'import "zod";', "node_modules/zod/index.js"],
  "no-circle": ["packages/core/src/z1.ts", 'import "./z2.ts";', "packages/core/src/z2.ts"],
  resolvable: ["packages/core/src/z3.ts", 'import "./nowhere.ts";', null],
};

/** Imports that every rule must let pass. */
const allowed: Record<string, string> = {
  "apps/agent/src/main.ts":
    'import type { P } from "../../../packages/api/src/agent/p.ts"; export type Q = P;',
  "apps/web/components/list.tsx":
    'import type { R } from "../../../packages/api/src/r.ts"; export const List = (props: { row: R }) => <b>{props.row}</b>;',
  "packages/drivers/src/network/registry.ts": 'import "./ovn/t.ts"; import "./fake.ts";',
  "packages/drivers/src/network/ovn/inner.ts": 'import "./t.ts";',
  "apps/controller/src/good.plan.ts": 'import "../../../packages/core/src/l.ts";',
};

type Found = { rule: string; from: string };

async function write(folder: string, file: string, text: string) {
  await mkdir(dirname(join(folder, file)), { recursive: true });
  await writeFile(join(folder, file), text, { flag: "a" });
}

function cruise(folder: string): Promise<Found[]> {
  const args = [
    cli,
    "--config",
    config,
    "--output-type",
    "json",
    "apps",
    "packages",
    "bench",
    "boot",
    "e2e",
    "tools",
  ];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd: folder, maxBuffer: 2 ** 26 }, (_error, stdout, stderr) => {
      try {
        const { violations: all } = JSON.parse(stdout).summary;
        resolve(
          all.map((one: { rule: { name: string }; from: string }) => ({
            rule: one.rule.name,
            from: one.from,
          })),
        );
      } catch {
        reject(new Error(stderr || stdout));
      }
    });
  });
}

let folder = "";
let found: Found[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "madang-rules-"));
  for (const target of Object.values(violations).flatMap(([, , to]) => (to ? [to] : []))) {
    await rm(join(folder, target), { force: true });
    await write(
      folder,
      target,
      "export const p = () => 1; export const r = p; export type P = 1; export type R = 1;\n",
    );
  }
  for (const file of ["tools/n.mjs", "packages/drivers/src/network/fake.ts"]) await write(folder, file, "\n");
  await write(folder, "packages/core/src/z2.ts", 'import "./z1.ts";\n');
  for (const [file, line] of Object.values(violations)) await write(folder, file, `${line}\n`);
  for (const [file, line] of Object.entries(allowed)) await write(folder, file, `${line}\n`);
  found = await cruise(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test.each(Object.entries(violations))("%s fires", (rule, [file]) => {
  expect(found).toContainEqual({ rule, from: file });
});

test("every rule of the configuration has its violation here", () => {
  const names = createRequire(import.meta.url)(config).forbidden.map((rule: { name: string }) => rule.name);
  expect(Object.keys(violations).toSorted()).toEqual(names.toSorted());
});

test.each(Object.keys(allowed))("%s passes", (file) => {
  expect(found.filter((one) => one.from === file)).toEqual([]);
});
