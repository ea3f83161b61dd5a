import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { reachChecks } from "@madang/core/network/reach-facts";
import { expect, test } from "vitest";
import en from "../../messages/en.json" with { type: "json" };
import ko from "../../messages/ko.json" with { type: "json" };

const source = readFileSync(
  fileURLToPath(new URL("../../../../packages/core/src/network/reach.ts", import.meta.url)),
  "utf8",
);
const elsewhere: Readonly<Record<string, string>> = { ssh: "Rules", ping: "Rules" };

/** The reasons that core's function for this check can give. */
function reasonsOf(key: string): string[] {
  const name = elsewhere[key] ?? `${key.charAt(0).toUpperCase()}${key.slice(1)}`;
  const [, body = ""] = source.split(new RegExp(`\\nfunction judge${name}\\(`));
  const [own = ""] = body.split("\nfunction ");
  return [...own.matchAll(/\b(?:ok|failed|unknown)\(\s*"(\w+)"/g)].map(([, reason = ""]) => reason);
}

test.each([
  ["en", en.reach.checks],
  ["ko", ko.reach.checks],
])("%s: each finding has its words", (_locale, catalogue) => {
  const words = new Map(Object.entries(catalogue).map(([key, texts]) => [key, Object.keys(texts)]));
  const judged = reachChecks.filter((key) => reasonsOf(key).length > 0);
  expect(judged.length).toBeGreaterThanOrEqual(9);
  for (const key of reachChecks)
    for (const reason of reasonsOf(key)) {
      if (reason !== "notYet") expect(words.get(key), `${key}.${reason}`).toContain(reason);
    }
  expect([...words.keys()].toSorted()).toEqual([...reachChecks].toSorted());
});
