/** What OVN says of our ports and gateways, read from the two databases' rows as they are held. */
import type { NetworkObservation, PortObservation } from "../driver.ts";
import type { OvsdbClient } from "../ovsdb/client.ts";
import { entryOf, isTrue, type Row, textOf, textsOf } from "../ovsdb/value.ts";
import { cloudKey, idKey, kindKey } from "./held-rows.ts";
import { nowhere, routerPortName } from "./names.ts";

/** Of the southbound database, which is only read. */
export const southboundTables = {
  Port_Binding: ["logical_port", "type", "chassis"],
  Chassis: ["name", "other_config", "external_ids"],
} as const;

type RowsOf = (table: string) => ReadonlyMap<string, Row>;

export function observationOf(
  northbound: RowsOf,
  southbound: OvsdbClient,
  cloudId: string,
): NetworkObservation {
  const gateways = southbound.synced
    ? gatewaysOf(northbound, (table) => southbound.rows(table), cloudId)
    : null;
  return { ports: portsOf(northbound, cloudId), gateways };
}

function portsOf(northbound: RowsOf, cloudId: string): PortObservation[] {
  const ports: PortObservation[] = [];
  for (const row of northbound("Logical_Switch_Port").values()) {
    const portId = ownId(row, "port", cloudId);
    if (portId === null) continue;
    const requested = entryOf(row, "options", "requested-chassis");
    const hypervisorId = requested === nowhere ? null : requested;
    ports.push({ portId, up: isTrue(row, "up"), hypervisorId });
  }
  return ports;
}

/** A gateway is where the redirecting port of a router's outer leg is bound. */
function gatewaysOf(northbound: RowsOf, southbound: RowsOf, cloudId: string): ReadonlyMap<string, string> {
  const bound = boundGateways(southbound);
  const legs = northbound("Logical_Router_Port");
  const gateways = new Map<string, string>();
  for (const router of northbound("Logical_Router").values()) {
    const routerId = ownId(router, "router", cloudId);
    if (routerId === null) continue;
    for (const leg of textsOf(router, "ports")) {
      const portId = ownId(legs.get(leg) ?? {}, "router-port", cloudId);
      const chassis = portId === null ? undefined : bound.get(`cr-${routerPortName(portId)}`);
      if (chassis) gateways.set(routerId, chassis);
    }
  }
  return gateways;
}

function boundGateways(southbound: RowsOf): ReadonlyMap<string, string> {
  const chassis = southbound("Chassis");
  const bound = new Map<string, string>();
  for (const row of southbound("Port_Binding").values()) {
    if (textOf(row, "type") !== "chassisredirect") continue;
    const name = textOf(chassis.get(textOf(row, "chassis")) ?? {}, "name");
    if (name !== "") bound.set(textOf(row, "logical_port"), name);
  }
  return bound;
}

function ownId(row: Row, kind: string, cloudId: string): string | null {
  const isOurs = entryOf(row, "external_ids", cloudKey) === cloudId;
  return isOurs && entryOf(row, "external_ids", kindKey) === kind
    ? entryOf(row, "external_ids", idKey)
    : null;
}
