import { rangeOf } from "./address.ts";
import { agesAgo, daysFrom } from "./date.ts";
import { filterFault } from "./fault.ts";
import type { FilterField, FilterFields } from "./field.ts";
import { sizeOf } from "./size.ts";
import type { Comparison, Term, Value } from "./term.ts";

/** One value of a term, ready to be asked of a column. A range's ends: from inclusive, to exclusive, unless said. */
export type ValueTest =
  | { is: "nothing" }
  | { is: "containing" | "equal" | "starting"; text: string }
  | { is: "word"; text: string }
  | { is: "within"; cidr: string }
  | { is: "ids"; first: string; last: string }
  | { is: "flag"; on: boolean }
  | { is: "property"; key: string; value: string | null }
  | { is: "numbers"; comparison: "=" | Exclude<Comparison, "" | "=">; than: number }
  | { is: "times"; from: Date | null; to: Date | null };

/** Throws CloudError InvalidInput: unknown field or value, with what is possible. */
export function testsOf(term: Term, fields: FilterFields, now: Date): ValueTest[] {
  const name = term.field ?? "";
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (!field)
    throw filterFault("filterUnknownField", term.start, { name, possible: Object.keys(fields).join(", ") });
  const ordered = field.kind === "number" || field.kind === "size" || field.kind === "date";
  if (!ordered && term.comparison !== "" && term.comparison !== "=")
    throw filterFault("filterComparison", term.start, { name, comparison: term.comparison });
  return term.values.map((value) => testOf(value, { field, term, now }));
}

type Asked = { field: FilterField; term: Term; now: Date };

function testOf(value: Value, asked: Asked): ValueTest {
  if (!value.quoted && value.text.toLowerCase() === "none") return { is: "nothing" };
  return byKind[asked.field.kind](value.text, asked);
}

const byKind: Readonly<Record<FilterField["kind"], (text: string, asked: Asked) => ValueTest>> = {
  text: (text, { term }) => ({ is: term.comparison === "=" ? "equal" : "containing", text }),
  enum: (text, asked) => ({ is: "word", text: wordOf(text, asked) }),
  number: (text, asked) => numbers(/^-?\d{1,15}(\.\d{1,9})?$/.test(text) ? Number(text) : null, text, asked),
  size: (text, asked) =>
    numbers(asked.field.kind === "size" ? sizeOf(text, asked.field.unit) : null, text, asked),
  date: times,
  address,
  id: ids,
  flag: (text, asked) => ({ is: "flag", on: flagOf(text, asked) }),
  property: (text) => {
    const [key = "", ...rest] = text.split("=");
    return { is: "property", key, value: rest.length > 0 ? rest.join("=") : null };
  },
};

function wordOf(text: string, { field, term }: Asked): string {
  const values = field.kind === "enum" ? field.values : [];
  const found = values.find((value) => value.toLowerCase() === text.toLowerCase());
  return found ?? wrong("filterUnknownValue", text, term, { possible: values.join(", ") });
}

function numbers(than: number | null, text: string, { term }: Asked): ValueTest {
  if (than === null) return wrong("filterNotNumber", text, term);
  return { is: "numbers", comparison: term.comparison === "" ? "=" : term.comparison, than };
}

/** An age is compared as an age (`>7d`: longer ago than seven days), a day as a day (`>2026-01-31`: after it was over). */
function times(text: string, { term, now }: Asked): ValueTest {
  const [ago, day] = [agesAgo(text, now), daysFrom(text)];
  const { comparison } = term;
  if (ago) return comparison.startsWith(">") ? until(ago) : since(ago);
  if (!day) return wrong("filterNotDate", text, term);
  if (comparison === ">") return since(day.to);
  if (comparison === ">=") return since(day.from);
  if (comparison === "<") return until(day.from);
  return comparison === "<=" ? until(day.to) : { is: "times", ...day };
}

const since = (from: Date): ValueTest => ({ is: "times", from, to: null });
const until = (to: Date): ValueTest => ({ is: "times", from: null, to });

function address(text: string, { term }: Asked): ValueTest {
  const cidr = rangeOf(text);
  if (cidr !== null) return { is: "within", cidr };
  if (/^\d{1,3}(\.\d{0,3}){0,3}$/.test(text)) return { is: "starting", text };
  return wrong("filterNotAddress", text, term);
}

const pattern = "00000000-0000-0000-0000-000000000000";

function ids(text: string, { term }: Asked): ValueTest {
  const start = text.toLowerCase();
  const first = start + pattern.slice(start.length);
  if (start === "" || !/^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/.test(first))
    return wrong("filterNotId", text, term);
  return { is: "ids", first, last: start + pattern.slice(start.length).replaceAll("0", "f") };
}

const flags: Readonly<Record<string, boolean>> = {
  ...{ yes: true, true: true, on: true, 예: true },
  ...{ no: false, false: false, off: false, 아니요: false },
};

function flagOf(text: string, { term }: Asked): boolean {
  const word = text.toLowerCase();
  return (Object.hasOwn(flags, word) ? flags[word] : undefined) ?? wrong("filterNotFlag", text, term);
}

function wrong(
  reason: Parameters<typeof filterFault>[0],
  value: string,
  term: Term,
  more: Readonly<Record<string, string>> = {},
): never {
  throw filterFault(reason, term.start, { name: term.field ?? "", value, ...more });
}
