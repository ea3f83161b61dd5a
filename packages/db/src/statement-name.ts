/**
 * Names for statements that come again and again: PostgreSQL parses and plans a named one once a connection, which costs
 * more than running it. Bounded, for each connection keeps every named statement: what comes later goes without a name.
 */
const mostNames = 400;
/** What pg takes for no name; without arguments a text may even hold several statements. */
export const noName = "";

export type StatementNames = { of: (sql: string) => string };

export function openStatementNames(): StatementNames {
  const names = new Map<string, string>();
  return {
    of: (sql) => {
      const known = names.get(sql);
      if (known !== undefined) return known;
      if (names.size >= mostNames) return noName;
      const name = `madang_${names.size}`;
      names.set(sql, name);
      return name;
    },
  };
}
