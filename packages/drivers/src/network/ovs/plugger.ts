/**
 * Joins guests to the hypervisor's Open vSwitch. A device is made before its row and goes after it, so that the switch
 * never looks for one that is not there; a crash in between leaves what `list` finds by name.
 */
import { CloudError } from "@madang/core/errors";
import { tapDevice } from "@madang/core/network/tap";
import type { Logger } from "pino";
import { guestLocks } from "../../hypervisor/guest-lock.ts";
import type { PortPlugger } from "../driver.ts";
import { OvsdbClient } from "../ovsdb/client.ts";
import { OvsdbError } from "../ovsdb/error.ts";
import { ensureTap, readLinks, readNamespaces, removeLink } from "./device.ts";
import { fenceTaps } from "./fence.ts";
import { doorDevice, doorNamespace, ensureDoor, listenInside, removeDoor } from "./metadata-door.ts";
import { networkFault } from "./program.ts";
import {
  claimChassis,
  installed,
  isJoined,
  joinSwitch,
  leaveSwitch,
  ownDevices,
  type SwitchPort,
  switchTables,
} from "./switch-ports.ts";

export type OvsPluggerOptions = {
  /** The socket of the hypervisor's own Open vSwitch database. */
  database: string;
  /** The namespace of switch, taps and guests, as `ip netns` names it. */
  namespace: string;
  datapath: "netdev" | "system";
  /** OVN knows the chassis by it. */
  hypervisorId: string;
  log: Logger;
};

/** How long OVN may take for a port's flows before the guest starts all the same, ms. */
const usualInstallMs = 5_000;
/** How long the database may be away before somebody is told, ms. */
const syncMs = 5_000;
const ours = /^tap[0-9a-f]{11}$/;

export function openOvsPlugger(options: OvsPluggerOptions): PortPlugger {
  const { namespace, datapath, hypervisorId, log } = options;
  const client = new OvsdbClient({
    remotes: `unix:${options.database}`,
    database: "Open_vSwitch",
    tables: switchTables,
  });
  const locks = guestLocks();
  const claim = () => {
    if (client.synced) claimChassis(client, hypervisorId).catch(notClaimed);
  };
  const notClaimed = (error: unknown) => log.warn({ err: error }, "chassis could not be named");
  const forget = client.onChange(claim);
  claim();
  let fenced = datapath === "system";
  const fence = async (signal: AbortSignal) => {
    if (!fenced) await fenceTaps(namespace, signal);
    fenced = true;
  };
  /** One at a time of a device; the database must be there. */
  const about = <T>(device: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> =>
    locks.run(device, signal, () =>
      told(async () => {
        await client.whenSynced(AbortSignal.any([signal, AbortSignal.timeout(syncMs)]));
        await fence(signal);
        return work();
      }, signal),
    );
  const join = async (port: SwitchPort, anew: boolean, ms: number, signal: AbortSignal) => {
    await joinSwitch(client, port, anew, signal);
    if (!(await installed(client, port.device, ms, signal)))
      log.warn({ portId: port.portId, device: port.device }, "port is not bound yet");
  };

  return {
    kind: "ovs",
    offloads: datapath === "system",
    device: tapDevice,
    ensure({ portId, mac, mtu }, signal, installMs = usualInstallMs) {
      const device = tapDevice(portId);
      return about(device, signal, async () => {
        const anew = await ensureTap(namespace, device, mtu, signal);
        await join({ device, portId, mac }, anew, installMs, signal);
      });
    },
    isJoined: (portId) => !client.synced || isJoined(client, tapDevice(portId), portId),
    listen(port, signal) {
      const device = tapDevice(port.portId);
      return about(device, signal, async () => {
        const anew = await ensureDoor(namespace, device, port, signal);
        await joinSwitch(client, { device, portId: port.portId, mac: port.mac }, anew, signal);
        return listenInside(doorNamespace(namespace, device), signal);
      });
    },
    remove: (device, signal) =>
      about(device, signal, async () => {
        if (!ours.test(device)) return;
        await leaveSwitch(client, device, signal);
        await removeLink(namespace, device, signal);
        await removeDoor(namespace, device, signal);
      }),
    list: (signal) =>
      told(async () => {
        await client.whenSynced(AbortSignal.any([signal, AbortSignal.timeout(syncMs)]));
        const links = (await readLinks(namespace, signal)).map(({ ifname }) => ifname);
        const doors = (await readNamespaces()).map((name) => doorDevice(namespace, name));
        const found = [...ownDevices(client), ...links, ...doors].filter((name) => name !== null);
        return [...new Set(found)].filter((name) => ours.test(name));
      }, signal),
    async close() {
      forget();
      await client.close();
    },
  };
}

/** What goes wrong with the database, in our words. */
async function told<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return await work();
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof CloudError) throw error;
    const away = error instanceof OvsdbError ? "Open vSwitch's database" : "joining the port";
    throw networkFault(`${away}: ${error instanceof Error ? error.message : String(error)}`, error);
  }
}
