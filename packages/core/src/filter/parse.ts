import { filterFault } from "./fault.ts";
import { comparisons, filterLimits, type Term, type Value } from "./term.ts";

const fieldStart = /([a-z][a-z0-9_-]{0,30}):/iy;
/** A MAC, an IPv6 address or a part of one is a word, however much `fa:16` looks like a field. */
const hexadecimal = /[0-9a-f]{0,4}(?::[0-9a-f]{0,4})+(?=\s|$)/iy;
const space = /\s/;

/** Throws CloudError InvalidInput (`filterFault`) and nothing else; its time is linear in the text. */
export function parseFilter(text: string): Term[] {
  if (text.length > filterLimits.length)
    throw filterFault("filterTooLong", filterLimits.length, { most: filterLimits.length });
  const terms: Term[] = [];
  let room: number = filterLimits.values;
  for (let at = skipSpace(text, 0); at < text.length; ) {
    if (terms.length === filterLimits.terms) throw filterFault("filterTooMany", at, { most: terms.length });
    const term = readTerm(text, at, room);
    terms.push(term);
    if (term.field !== null) room -= term.values.length;
    at = skipSpace(text, term.end);
  }
  return terms;
}

function readTerm(text: string, start: number, room: number): Term {
  const negated = text[start] === "-" && start + 1 < text.length && !space.test(text.charAt(start + 1));
  const at = negated ? start + 1 : start;
  const field = matchAt(hexadecimal, text, at) === null ? matchAt(fieldStart, text, at) : null;
  if (field === null) {
    const { value, end } = readValue(text, at, false);
    return { field: null, comparison: "", values: [value], negated, start, end };
  }
  const afterField = at + field.length;
  const comparison = comparisons.find((sign) => text.startsWith(sign, afterField)) ?? "";
  const name = field.slice(0, -1).toLowerCase();
  const { values, end } = readValues(text, afterField + comparison.length, { name, room });
  return { field: name, comparison, values, negated, start, end };
}

function readValues(
  text: string,
  start: number,
  { name, room }: { name: string; room: number },
): { values: Value[]; end: number } {
  const values: Value[] = [];
  for (let at = start; ; ) {
    const { value, end } = readValue(text, at, true);
    if (value.text === "" && !value.quoted) throw filterFault("filterNoValue", at, { name });
    if (values.length === room) throw filterFault("filterTooMany", at, { most: filterLimits.values });
    values.push(value);
    if (text[end] !== ",") return { values, end };
    at = end + 1;
  }
}

function readValue(text: string, start: number, listed: boolean): { value: Value; end: number } {
  // Last of all it quotes nothing: whoever types on means to, whoever doesn't looks for the sign.
  if (text[start] === '"' && start + 1 < text.length) return readQuoted(text, start, listed);
  let end = start;
  while (end < text.length && !ends(text.charAt(end), listed)) end++;
  return { value: { text: text.slice(start, end), quoted: false }, end };
}

function readQuoted(text: string, start: number, listed: boolean): { value: Value; end: number } {
  let said = "";
  for (let at = start + 1; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === "\\" && at + 1 < text.length) said += text.charAt(++at);
    else if (character !== '"') said += character;
    else if (at + 1 < text.length && !ends(text.charAt(at + 1), listed)) break;
    else return { value: { text: said, quoted: true }, end: at + 1 };
  }
  throw filterFault("filterQuote", start);
}

function ends(character: string, listed: boolean): boolean {
  return space.test(character) || (listed && character === ",");
}

function skipSpace(text: string, start: number): number {
  let at = start;
  while (at < text.length && space.test(text.charAt(at))) at++;
  return at;
}

function matchAt(pattern: RegExp, text: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? null;
}
