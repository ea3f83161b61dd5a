/** One condition of a filter, as it was typed. All of a filter's hold at once; of one term's values any. */
export type Term = {
  /** In small letters; null: a bare word, looked for wherever the list looks. */
  field: string | null;
  comparison: Comparison;
  /** At least one; of a bare word exactly one. */
  values: readonly Value[];
  negated: boolean;
  /** Where it stands in the text, in UTF-16 units, `end` exclusive. */
  start: number;
  end: number;
};

/** Quoted, nothing in it has a meaning of its own: `"none"` is a word, `none` is that there is nothing. */
export type Value = { text: string; quoted: boolean };

/** The longest first: so they are looked for. */
export const comparisons = [">=", "<=", ">", "<", "=", ""] as const;
export type Comparison = (typeof comparisons)[number];

/** Characters, terms and values of fields, each of a whole filter: every value may read a table. */
export const filterLimits = { length: 1_000, terms: 30, values: 50 } as const;
