/** The guide for operators names every setting that a process reads, and every alert that there is. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..");
const read = (path: string) => readFileSync(join(root, path), "utf8");
const named = (text: string, pattern: RegExp) => new Set(text.match(pattern));
const guide = read("docs/operations.md");
const alerts = read("docs/alerts.yml");

const sources = [
  "apps/web/server/env.ts",
  "apps/controller/src/env.ts",
  "apps/agent/src/env.ts",
  "packages/telemetry/src/settings.ts",
  "boot/settings.mjs",
];

test("every setting is in the guide, and the guide names no other", () => {
  const pattern = /\bMADANG_[A-Z_]+\b/g;
  const settings = named(sources.map(read).join("\n"), pattern);
  expect(settings.size).toBeGreaterThan(25);
  const told = named(guide, pattern);
  expect([...settings].filter((setting) => !told.has(setting))).toEqual([]);
  // Read by the portal's build alone.
  settings.add("MADANG_DIST");
  expect([...told].filter((setting) => !settings.has(setting))).toEqual([]);
});

test("every alert is in the guide, is made of figures that it explains, and no other is named", () => {
  const names = new Set([...alerts.matchAll(/- alert: (\w+)/g)].map(([, name = ""]) => name));
  expect(names.size).toBeGreaterThan(15);
  const told = named(guide, /\bMadang[A-Z]\w+/g);
  expect([...told].filter((name) => !names.has(name))).toEqual([]);
  const general = ["MadangProcessDown", "MadangEventLoopSlow"];
  expect([...names].filter((name) => !told.has(name) && !general.includes(name))).toEqual([]);
  const figures = named(alerts, /\bmadang_[a-z_]+/g);
  const explained = named(guide, /\bmadang_[a-z_]+/g);
  const base = (figure: string) => figure.replace(/_bucket$/, "");
  expect([...figures].filter((figure) => !explained.has(base(figure)))).toEqual([]);
});
