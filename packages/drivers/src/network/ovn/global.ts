/** The options of the whole OVN that we want where it is our own; what else stands there is others'. */
import type { Operation } from "../ovsdb/operation.ts";
import { entryOf, mapOf, type Row, setOf, uuid } from "../ovsdb/value.ts";

export const globalTable = { NB_Global: ["options"] } as const;

/**
 * BFD between gateway chassis, ms (ovn-nb(5)): with three missed of those a gateway that died is replaced in about half a
 * second instead of three.
 */
const options = { "bfd-min-rx": "200", "bfd-min-tx": "100" };

/** The one row is made by whoever makes the database; without it there is nothing to set. */
export function globalOperations(rows: ReadonlyMap<string, Row>): Operation[] {
  return [...rows].flatMap(([id, row]) => {
    const wrong = Object.entries(options).filter(([key, value]) => entryOf(row, "options", key) !== value);
    if (wrong.length === 0) return [];
    const mutations = [
      ["options", "delete", setOf(wrong.map(([key]) => key))],
      ["options", "insert", mapOf(Object.fromEntries(wrong))],
    ] as const;
    return [{ op: "mutate", table: "NB_Global", where: [["_uuid", "==", uuid(id)]], mutations }];
  });
}
