/** The portal's own words, read as data, so that a journey can be walked in each language. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { repository } from "./cloud.ts";

export type Locale = "en" | "ko";
export type Words = (key: string, values?: Record<string, string>) => string;

/** Looks a message up by its dotted key and fills in simple `{name}` arguments; plurals are for patterns, not for this. */
export function wordsOf(locale: Locale): Words {
  const catalogue: unknown = JSON.parse(
    readFileSync(join(repository, `apps/web/messages/${locale}.json`), "utf8"),
  );
  return (key, values = {}) => {
    const found = key.split(".").reduce<unknown>((node, part) => {
      return typeof node === "object" && node !== null ? Reflect.get(node, part) : undefined;
    }, catalogue);
    if (typeof found !== "string") throw new Error(`${locale} has no message ${key}`);
    return Object.entries(values).reduce((text, [name, value]) => text.replaceAll(`{${name}}`, value), found);
  };
}
