/** SQL from pieces, values always bound, never written into the text. */
export type Sql = { readonly strings: readonly string[]; readonly values: readonly unknown[] };

/** A tagged template; a value that is itself Sql is spliced in, everything else becomes a parameter. */
export function sql(strings: TemplateStringsArray, ...values: readonly unknown[]): Sql {
  const texts = [strings[0] ?? ""];
  const bound: unknown[] = [];
  values.forEach((value, index) => {
    const rest = strings[index + 1] ?? "";
    if (!isSql(value)) {
      bound.push(value);
      texts.push(rest);
      return;
    }
    texts[texts.length - 1] += value.strings[0] ?? "";
    texts.push(...value.strings.slice(1));
    texts[texts.length - 1] += rest;
    bound.push(...value.values);
  });
  return { strings: texts, values: bound };
}

/** Text of our own source, never of a user. */
export function literal(text: string): Sql {
  return { strings: [text], values: [] };
}

export function allOf(clauses: readonly Sql[]): Sql {
  return clauses.reduce((all, clause) => sql`${all} AND (${clause})`, literal("TRUE"));
}

export function bind(query: Sql): { text: string; values: unknown[] } {
  const text = query.strings.reduce((all, part, index) => `${all}$${index}${part}`);
  return { text, values: [...query.values] };
}

function isSql(value: unknown): value is Sql {
  return typeof value === "object" && value !== null && "strings" in value && "values" in value;
}

/** For ILIKE: finds the text as it stands, wildcards included. */
export function containing(text: string): string {
  return `%${text.replace(/[\\%_]/g, "\\$&")}%`;
}
