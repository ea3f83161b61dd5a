import type { Grants } from "./permission.ts";

/** The same text for the same grants, in whatever order they were read. */
export function grantsText({ system, projects }: Grants): string {
  const held = Object.entries(projects).map(([id, roles]) => [id, ...[...new Set(roles)].toSorted()]);
  return JSON.stringify([
    system.toSorted(),
    held.toSorted(([left = ""], [right = ""]) => left.localeCompare(right)),
  ]);
}
