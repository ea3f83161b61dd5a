/** How a server stands to a database, as its own database `_Server` says it (ovsdb-server(5)). */
import { record } from "./schema.ts";

/** A part is undefined where nothing was said of it. */
export type Standing = { connected?: boolean; leader?: boolean };

/** What to monitor of `_Server`. Standalone databases are connected and lead. */
export function serverDatabase(name: string): Readonly<Record<string, unknown>> {
  return { Database: [{ columns: ["leader", "connected"], where: [["name", "==", name]] }] };
}

/** Of an update of that monitor; null when it says nothing. */
export function standingOf(updates: Readonly<Record<string, unknown>>): Standing | null {
  const rows = Object.values(record(updates.Database ?? {}));
  const last = rows.map(record).at(-1);
  const told = last?.initial ?? last?.insert ?? last?.modify;
  if (told === undefined) return null;
  const { connected, leader } = record(told);
  // A column at its default, which of a boolean is false, is left out of a new row.
  const missing = "modify" in (last ?? {}) ? undefined : false;
  return {
    connected: typeof connected === "boolean" ? connected : missing,
    leader: typeof leader === "boolean" ? leader : missing,
  };
}
