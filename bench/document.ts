/** `node bench/document.ts`: puts what `bench/results.json` holds into the table of docs/performance.md. */
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import type { Result } from "./figure.ts";
import { figures } from "./figures/index.ts";

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const page = file("../docs/performance.md");
const [start, end] = ["<!-- results -->", "<!-- /results -->"];

function row({ name, unit, n, p50, p95, max, note }: Result): string {
  const aim = figures.find((figure) => figure.name === name)?.aim;
  const wanted = aim ? `${aim.of} ≤ ${aim.atMost} ${unit}` : "";
  return `| \`${name}\` | ${wanted} | ${p50} | ${p95} | ${max} | ${unit} | ${n} | ${note.replaceAll("|", "/")} |`;
}

const results: Result[] = JSON.parse(readFileSync(file("results.json"), "utf8"));
const [cpu] = cpus();
const machine = `${cpus().length} cores (${cpu?.model.trim()}), ${Math.round(totalmem() / 1024 ** 3)} GiB, ${new Date().toISOString().slice(0, 10)}`;
const table = [
  machine,
  "",
  "| figure | aim | p50 | p95 | max | unit | n | note |",
  "| --- | --- | --- | --- | --- | --- | --- | --- |",
  ...results.map(row),
];
const [before = "", rest = ""] = readFileSync(page, "utf8").split(start);
const [, after = ""] = rest.split(end);
writeFileSync(page, `${before}${start}\n${table.join("\n")}\n${end}${after}`);
