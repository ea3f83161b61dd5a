/** Properties while they are being typed: rows, some of them not yet whole. */
import { type Properties, properties } from "@madang/core/hypervisor/property";

export type PropertyRow = { key: number; name: string; value: string };
export type PropertyFault = { row: number | null; field: "name" | "value"; reason: string };

let last = 0;
export function emptyRow(): PropertyRow {
  last += 1;
  return { key: last, name: "", value: "" };
}

export function rowsOf(all: Properties): PropertyRow[] {
  return Object.entries(all)
    .toSorted(([left], [right]) => left.localeCompare(right))
    .map(([name, value]) => ({ ...emptyRow(), name, value }));
}

/** What the rows say, or what is wrong with the first that says nothing sensible. Empty rows are left out. */
export function propertiesFrom(rows: readonly PropertyRow[]): { all: Properties } | { fault: PropertyFault } {
  const said = rows.filter(({ name, value }) => name.trim() !== "" || value.trim() !== "");
  const names = said.map(({ name }) => name.trim());
  const twice = said.find((_, index) => names.indexOf(names[index] ?? "") !== index);
  if (twice) return { fault: { row: twice.key, field: "name", reason: "propertyTwice" } };
  for (const row of said) {
    const parsed = properties.safeParse({ [row.name.trim()]: row.value });
    if (parsed.success) continue;
    const inValue = parsed.error.issues.some(({ code }) => code !== "invalid_key");
    const field = inValue ? "value" : "name";
    return { fault: { row: row.key, field, reason: inValue ? "propertyValue" : "propertyName" } };
  }
  const parsed = properties.safeParse(
    Object.fromEntries(said.map(({ name, value }) => [name.trim(), value])),
  );
  if (!parsed.success) return { fault: { row: null, field: "name", reason: "propertiesTooMany" } };
  return { all: parsed.data };
}
