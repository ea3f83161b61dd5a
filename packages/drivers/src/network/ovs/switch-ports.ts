/**
 * Our ports in the hypervisor's own Open vSwitch database. What carries our mark in its `external_ids` is ours, and
 * nothing else is touched. Each change is one transaction.
 */
import { CloudError } from "@madang/core/errors";
import type { OvsdbClient } from "../ovsdb/client.ts";
import type { Operation } from "../ovsdb/operation.ts";
import { entryOf, mapOf, namedUuid, numbersOf, type Row, setOf, textOf, uuid } from "../ovsdb/value.ts";

/** OVN's own name for the bridge that carries all its ports. */
const bridgeName = "br-int";
const mark = "madang-port";

export const switchTables = {
  Open_vSwitch: ["cur_cfg", "next_cfg", "external_ids"],
  Bridge: ["name", "ports"],
  Port: ["name", "interfaces"],
  Interface: ["name", "external_ids", "ofport", "error"],
};

export type SwitchPort = { device: string; portId: string; mac: string };

/** A chassis is known by the hypervisor's id. Written again when somebody changed it. */
export async function claimChassis(client: OvsdbClient, hypervisorId: string): Promise<void> {
  const [found] = client.rows("Open_vSwitch");
  if (!found || entryOf(found[1], "external_ids", "system-id") === hypervisorId) return;
  await client.transact([
    {
      op: "mutate",
      table: "Open_vSwitch",
      where: [],
      mutations: [
        ["external_ids", "delete", setOf(["system-id"])],
        ["external_ids", "insert", mapOf({ "system-id": hypervisorId })],
      ],
    },
  ]);
}

/** Devices that carry our mark. */
export function ownDevices(client: OvsdbClient): string[] {
  const rows = [...client.rows("Interface").values()];
  return rows.filter((row) => entryOf(row, "external_ids", mark) !== null).map((row) => textOf(row, "name"));
}

export function isJoined(client: OvsdbClient, device: string, portId: string): boolean {
  const row = interfaceRow(client, device);
  return row !== null && entryOf(row, "external_ids", "iface-id") === portId;
}

/** `anew`: the device was made just now, so a row that is there already speaks of one that is gone. */
export async function joinSwitch(
  client: OvsdbClient,
  port: SwitchPort,
  anew: boolean,
  signal: AbortSignal,
): Promise<void> {
  const found = interfaceRow(client, port.device);
  if (found && entryOf(found, "external_ids", mark) === null) throw foreign(port.device);
  if (found && !anew && isRight(found, port)) return;
  if (found) await leaveSwitch(client, port.device, signal);
  const bridge = bridgeId(client);
  const operations: Operation[] = [
    { op: "insert", table: "Interface", row: interfaceOf(port), "uuid-name": "interface" },
    {
      op: "insert",
      table: "Port",
      row: { name: port.device, interfaces: namedUuid("interface") },
      "uuid-name": "port",
    },
    {
      op: "mutate",
      table: "Bridge",
      where: [["_uuid", "==", uuid(bridge)]],
      mutations: [["ports", "insert", setOf([namedUuid("port")])]],
    },
    nextConfiguration,
  ];
  await client.transact(operations, signal);
}

/** Returns when the switch has let go of the device, or had its time: one that is not running holds nothing. */
export async function leaveSwitch(client: OvsdbClient, device: string, signal: AbortSignal): Promise<void> {
  const found = interfaceRow(client, device);
  if (!found) return;
  if (entryOf(found, "external_ids", mark) === null) throw foreign(device);
  const ports = [...client.rows("Port")].filter(([, row]) => textOf(row, "name") === device);
  const gone: Operation[] = ports.map(([id]) => ({
    op: "mutate",
    table: "Bridge",
    where: [["ports", "includes", setOf([uuid(id)])]],
    mutations: [["ports", "delete", setOf([uuid(id)])]],
  }));
  const results = await client.transact([...gone, nextConfiguration, askConfiguration], signal);
  const wanted = Number(results.at(-1)?.rows?.[0]?.next_cfg);
  await within(client, letGoMs, () => configured(client) >= wanted, signal);
}

/** Waits until OVN has made the port's flows. False: the time was over first. */
export function installed(
  client: OvsdbClient,
  device: string,
  ms: number,
  signal: AbortSignal,
): Promise<boolean> {
  const isInstalled = () => {
    const row = interfaceRow(client, device);
    return row !== null && entryOf(row, "external_ids", "ovn-installed") === "true";
  };
  return within(client, ms, isInstalled, signal);
}

const letGoMs = 2_000;

const nextConfiguration: Operation = {
  op: "mutate",
  table: "Open_vSwitch",
  where: [],
  mutations: [["next_cfg", "+=", 1]],
};
const askConfiguration: Operation = { op: "select", table: "Open_vSwitch", where: [], columns: ["next_cfg"] };

function configured(client: OvsdbClient): number {
  const [row] = client.rows("Open_vSwitch").values();
  return (row && numbersOf(row, "cur_cfg")[0]) ?? 0;
}

async function within(
  client: OvsdbClient,
  ms: number,
  condition: () => boolean,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await client.until(condition, AbortSignal.any([signal, AbortSignal.timeout(ms)]));
    return true;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}

function interfaceRow(client: OvsdbClient, device: string): Row | null {
  return [...client.rows("Interface").values()].find((row) => textOf(row, "name") === device) ?? null;
}

function interfaceOf({ device, portId, mac }: SwitchPort) {
  const ids = { [mark]: portId, "iface-id": portId, "attached-mac": mac, "iface-status": "active" };
  return { name: device, external_ids: mapOf(ids) };
}

function isRight(row: Row, { portId, mac }: SwitchPort): boolean {
  const id = (key: string) => entryOf(row, "external_ids", key);
  const isOpen = textOf(row, "error") === "" && numbersOf(row, "ofport")[0] !== -1;
  return isOpen && id("iface-id") === portId && id(mark) === portId && id("attached-mac") === mac;
}

function bridgeId(client: OvsdbClient): string {
  const found = [...client.rows("Bridge")].find(([, row]) => textOf(row, "name") === bridgeName);
  if (found) return found[0];
  throw new CloudError("Unavailable", "The hypervisor's switch is not ready yet.", {
    reason: "PortNotPlugged",
    detail: `Open vSwitch has no bridge ${bridgeName}`,
    retry: "later",
  });
}

function foreign(device: string): CloudError {
  return new CloudError("Conflict", "Something else on the hypervisor uses the name of the port's device.", {
    reason: "PortNotPlugged",
    detail: `Open vSwitch has an interface ${device} without our mark`,
    retry: "later",
  });
}
