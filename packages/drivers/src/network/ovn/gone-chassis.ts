/**
 * Removes the rows of chassis whose hypervisors are gone for good. Left there, they would have everybody tunnel to them, and
 * keep their tunnel's address from the machine that joins in their place: a southbound database has each once.
 */
import type { OvsdbClient } from "../ovsdb/client.ts";
import type { Operation } from "../ovsdb/operation.ts";
import { textOf } from "../ovsdb/value.ts";

/** The ovn-controller of one that still runs makes its row again: as often as this, and not at once, ms. */
const againMs = 60_000;

/** Names of those that were removed. One whose database may only be read keeps its rows. */
export type RemoveGone = (gone: readonly string[], signal: AbortSignal) => Promise<string[]>;

export function openGoneChassis(southbound: OvsdbClient): RemoveGone {
  const triedAt = new Map<string, number>();
  return async (gone, signal) => {
    const wanted = new Set(gone);
    const held = [...southbound.rows("Chassis").values()].map((row) => textOf(row, "name"));
    const isDue = (name: string) => performance.now() - (triedAt.get(name) ?? -againMs) >= againMs;
    const names = held.filter((name) => wanted.has(name) && isDue(name));
    if (names.length === 0 || !southbound.synced) return [];
    for (const name of names) triedAt.set(name, performance.now());
    try {
      await southbound.transact(names.flatMap(removal), signal);
      return names;
    } catch {
      signal.throwIfAborted();
      return [];
    }
  };
}

const removal = (name: string): Operation[] =>
  ["Chassis_Private", "Chassis"].map((table) => ({ op: "delete", table, where: [["name", "==", name]] }));
