import type { Term, Value } from "./term.ts";

/** Parsed again it is the same, but for where its terms stand. */
export function printFilter(terms: readonly Omit<Term, "start" | "end">[]): string {
  return terms.map(printTerm).join(" ");
}

export function printTerm({ field, comparison, values, negated }: Omit<Term, "start" | "end">): string {
  const sign = negated ? "-" : "";
  const name = field === null ? "" : `${field}:`;
  return `${sign}${name}${comparison}${values.map(printValue).join(",")}`;
}

export function printValue({ text, quoted }: Value): string {
  return quoted ? `"${text.replace(/[\\"]/g, "\\$&")}"` : text;
}

/** As it has to be typed to mean just this text. */
export function typedValue(text: string): Value {
  return { text, quoted: !/^[\p{L}\p{N}_./+@#%&()-]+$/u.test(text) || /^(-|none$)/i.test(text) };
}

/** A filter that looks for the text as it stands, whatever of the language is in it. */
export function wordFilter(text: string): string {
  return printValue({ text, quoted: true });
}
