/** What can stand where the caret is in a filter. Pure. */
import type { FilterField, FilterFields, ValueSource } from "@madang/core/filter/field";
import { printValue, typedValue } from "@madang/core/filter/print";

/** `insert` takes the place of what stands between `start` and the caret. */
export type Suggestion = { insert: string; about: string };

export type Place = {
  start: number;
  /** What stands there so far. */
  part: string;
  /** Whose value it is; null: it may become a field. */
  name: string | null;
  field: FilterField | null;
};

export type Words = { field: (name: string) => string; value: (value: string) => string };

export const shownSuggestions = 10;
const ages = ["<1h", "<1d", "<7d", ">7d", ">30d"] as const;

/** The term that the caret is at the end of. */
export function placeAt(text: string, caret: number, fields: FilterFields): Place {
  const before = text.slice(0, caret);
  const start = termStart(before);
  const term = before.slice(start);
  const sign = term.startsWith("-") ? 1 : 0;
  const [, name = "", values] = /^([a-z][a-z0-9_-]*):(.*)$/is.exec(term.slice(sign)) ?? [];
  const known = Object.hasOwn(fields, name.toLowerCase()) ? fields[name.toLowerCase()] : undefined;
  if (values === undefined || !known)
    return { start: start + sign, part: term.slice(sign), name: null, field: null };
  const part = values.slice(values.lastIndexOf(",") + 1).replace(known.kind === "date" ? "" : /^[<>=]+/, "");
  return { start: caret - part.length, part, name: name.toLowerCase(), field: known };
}

/** Behind the last blank that is in no quotes. */
function termStart(before: string): number {
  let start = 0;
  let quoted = false;
  for (let at = 0; at < before.length; at++) {
    const character = before.charAt(at);
    if (quoted && character === "\\") at++;
    else if (character === '"' && (quoted || /[\s:=,-]/.test(before.charAt(at - 1) || " "))) quoted = !quoted;
    else if (!quoted && /\s/.test(character)) start = at + 1;
  }
  return start;
}

export function suggestionsAt(
  { part, field }: Place,
  fields: FilterFields,
  words: Words,
  found: readonly string[],
): Suggestion[] {
  const asked = part.replace(/^"/, "").toLowerCase();
  const offers = field === null ? fieldOffers(fields, words) : valueOffers(field, words, found);
  return offers
    .filter(
      ({ insert, about }) => insert.toLowerCase().includes(asked) || about.toLowerCase().includes(asked),
    )
    .toSorted((one, other) => rank(one, asked) - rank(other, asked))
    .slice(0, field === null ? Object.keys(fields).length : shownSuggestions);
}

const rank = ({ insert, about }: Suggestion, asked: string) =>
  insert.toLowerCase().startsWith(asked) || about.toLowerCase().startsWith(asked) ? 0 : 1;

function fieldOffers(fields: FilterFields, words: Words): Suggestion[] {
  return Object.keys(fields).map((name) => ({ insert: `${name}:`, about: words.field(name) }));
}

function valueOffers(field: FilterField, words: Words, found: readonly string[]): Suggestion[] {
  const said = (insert: string) => ({ insert, about: words.value(insert) });
  if (field.kind === "enum") return field.values.map(said);
  if (field.kind === "flag") return ["yes", "no"].map(said);
  if (field.kind === "date") return ages.map(said);
  return found.map((value) => ({ insert: printValue(typedValue(value)), about: "" }));
}

/** Where the values of the place come from, when they are the server's. */
export function sourceOf({ field }: Place): ValueSource | null {
  return field?.kind === "text" ? (field.from ?? null) : null;
}

/** The text with the suggestion in it, and where the caret is then. A value is done: a blank follows. */
export function take(text: string, caret: number, { start }: Place, { insert }: Suggestion) {
  const whole = insert.endsWith(":") ? insert : `${insert} `;
  return {
    text: `${text.slice(0, start)}${whole}${text.slice(caret).trimStart()}`,
    caret: start + whole.length,
  };
}
