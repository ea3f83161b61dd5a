/**
 * Which rows of a list are meant: some by id, or all that its filter finds but some. Pure; the rows a page has loaded may be
 * a part of those that match.
 */
export type Selection<Filter = unknown> =
  | { kind: "ids"; ids: readonly string[] }
  | { kind: "matching"; filter: Filter; except: readonly string[]; total: number };

/** As many as one bulk operation takes by id; beyond that stands "all that match". */
export const mostIds = 10_000;

export const nothingSelected: Selection<never> = { kind: "ids", ids: [] };

export function countOf(selection: Selection): number {
  if (selection.kind === "ids") return selection.ids.length;
  return Math.max(0, selection.total - selection.except.length);
}

/** Asked for many rows: builds its set once. */
export function selectedTest(selection: Selection): (id: string) => boolean {
  const named = new Set(selection.kind === "ids" ? selection.ids : selection.except);
  return selection.kind === "ids" ? (id) => named.has(id) : (id) => !named.has(id);
}

/** With `ids` selected, or not, and the others as they were. */
export function withRows<F>(
  selection: Selection<F>,
  ids: readonly string[],
  selected: boolean,
): Selection<F> {
  if (selection.kind === "ids") return { kind: "ids", ids: changed(selection.ids, ids, selected) };
  return { ...selection, except: changed(selection.except, ids, !selected) };
}

function changed(named: readonly string[], ids: readonly string[], present: boolean): readonly string[] {
  if (present) return [...new Set([...named, ...ids])].slice(0, mostIds);
  const gone = new Set(ids);
  return named.filter((id) => !gone.has(id));
}

/** The ids from one row to another in the order shown, both included; the second alone where the first is not shown. */
export function between(shown: readonly string[], from: string | null, to: string): readonly string[] {
  const [start, end] = [from === null ? -1 : shown.indexOf(from), shown.indexOf(to)];
  if (start < 0 || end < 0) return [to];
  return shown.slice(Math.min(start, end), Math.max(start, end) + 1);
}

/** What the box in the header says of the rows that are loaded. */
export function headerState(selection: Selection, shown: readonly string[]): "none" | "some" | "all" {
  const isSelected = selectedTest(selection);
  const count = shown.filter(isSelected).length;
  if (shown.length > 0 && count === shown.length) return "all";
  return count > 0 || countOf(selection) > 0 ? "some" : "none";
}

/** Rows that are gone are selected no more: known only when every row of the list is loaded. */
export function withoutGone<F>(selection: Selection<F>, all: readonly string[]): Selection<F> {
  if (selection.kind === "matching") return selection;
  const present = new Set(all);
  const ids = selection.ids.filter((id) => present.has(id));
  return ids.length === selection.ids.length ? selection : { kind: "ids", ids };
}
