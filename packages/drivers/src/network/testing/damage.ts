/** What somebody with ovn-nbctl may do to our rows, and parts of an office for it to be done to. */
import type { Topology } from "@madang/core/network/topology";
import fc from "fast-check";
import { type TableName, tables } from "../ovn/desired-row.ts";
import type { OvsdbClient } from "../ovsdb/client.ts";
import type { Operation } from "../ovsdb/operation.ts";
import { mapOf, setOf, uuid } from "../ovsdb/value.ts";
import type { Office } from "./office.ts";

export const names = Object.keys(tables).filter((name): name is TableName => name in tables);

/** Some of an office: what refers to what is left out stays told, as it may be for a moment in tables too. */
export function selection({ topology }: Office): fc.Arbitrary<Topology> {
  return fc.record({
    networks: fc.subarray([...topology.networks]),
    ports: fc.subarray([...topology.ports]),
    routers: fc.subarray([...topology.routers]),
    floatingIps: fc.subarray([...topology.floatingIps]),
    securityGroups: fc.subarray([...topology.securityGroups]),
    chassis: fc.shuffledSubarray([...topology.chassis]),
  });
}

type Damage = (hands: OvsdbClient, which: number) => Operation[];

const pick = (hands: OvsdbClient, table: TableName, which: number): string | undefined => {
  const ids = [...hands.rows(table).keys()].sort();
  return ids[which % ids.length];
};
const at = (id: string) => [["_uuid", "==", uuid(id)]] as const;

/** What somebody with ovn-nbctl may do to rows of ours. */
export const damages: Damage[] = [
  ...(["Logical_Switch", "Logical_Router", "Port_Group", "DHCP_Options", "Address_Set"] as const).map(
    (table): Damage =>
      (hands, which) => {
        const id = pick(hands, table, which);
        return id ? [{ op: "delete", table, where: at(id) }] : [];
      },
  ),
  ...(
    ["Logical_Switch_Port", "Logical_Router_Port", "ACL", "NAT", "Logical_Router_Static_Route"] as const
  ).map(
    (table): Damage =>
      (hands, which) => {
        const id = pick(hands, table, which);
        if (!id) return [];
        return names.flatMap((parent) =>
          Object.entries<string>(tables[parent].children)
            .filter(([, child]) => child === table)
            .map(([column]): Operation => {
              return {
                op: "mutate",
                table: parent,
                where: [],
                mutations: [[column, "delete", setOf([uuid(id)])]],
              };
            }),
        );
      },
  ),
  // The ids of rows with names of their own are lost.
  ...(
    ["Logical_Switch", "Logical_Switch_Port", "Logical_Router", "Logical_Router_Port", "Port_Group"] as const
  ).map(
    (table): Damage =>
      (hands, which) => {
        const id = pick(hands, table, which);
        return id ? [{ op: "update", table, where: at(id), row: { external_ids: mapOf({}) } }] : [];
      },
  ),
  (hands, which) => {
    const id = pick(hands, "Logical_Switch_Port", which);
    const row = {
      enabled: false,
      port_security: setOf([]),
      addresses: setOf(["unknown"]),
      options: mapOf({ a: "b" }),
    };
    return id ? [{ op: "update", table: "Logical_Switch_Port", where: at(id), row }] : [];
  },
  (hands, which) => {
    const id = pick(hands, "ACL", which);
    return id
      ? [{ op: "update", table: "ACL", where: at(id), row: { action: "allow", match: "1", priority: 9 } }]
      : [];
  },
  (hands, which) => {
    const id = pick(hands, "NAT", which);
    return id ? [{ op: "update", table: "NAT", where: at(id), row: { logical_ip: "10.0.1.99" } }] : [];
  },
  // A second row for the same thing.
  (hands, which) => {
    const id = pick(hands, "DHCP_Options", which);
    const row = id ? hands.rows("DHCP_Options").get(id) : undefined;
    const ids = row?.external_ids;
    if (typeof ids !== "object" || Array.isArray(ids)) return [];
    const copy = { cidr: "10.9.0.0/16", external_ids: mapOf(Object.fromEntries(Object.entries(ids))) };
    return [{ op: "insert", table: "DHCP_Options", row: copy }];
  },
];
