/**
 * Joins guests to the hypervisor's Open vSwitch. A device is made before its row and goes after it, so that the switch
 * never looks for one that is not there; a crash in between leaves what `list` finds by name.
 */
import { CloudError } from "@madang/core/errors";
import { tapDevice } from "@madang/core/network/tap";
import PQueue from "p-queue";
import type { Logger } from "pino";
import { guestLocks } from "../../hypervisor/guest-lock.ts";
import type { PortPlugger } from "../driver.ts";
import { OvsdbClient } from "../ovsdb/client.ts";
import { OvsdbError } from "../ovsdb/error.ts";
import { ensureTap, isOpen, readLinks, readNamespaces, removeLink } from "./device.ts";
import { nftIn, openFence } from "./fence.ts";
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
/** Hundreds of guests may be told to start in one moment; each of these runs programs, one after the other. */
const pluggedAtOnce = 8;
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
  const fence = openFence(nftIn(namespace));
  /** Each is several programs; who waits for OVN, which is none, is not counted. */
  const queue = new PQueue({ concurrency: pluggedAtOnce });
  const bounded = <T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> => queue.add(work, { signal });
  /** One at a time of a device; the database must be there. */
  const about = <T>(device: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> =>
    locks.run(device, signal, () =>
      told(async () => {
        await client.whenSynced(AbortSignal.any([signal, AbortSignal.timeout(syncMs)]));
        await fence.raise(signal);
        return work();
      }, signal),
    );
  const waitFor = async ({ portId, device }: SwitchPort, ms: number, signal: AbortSignal) => {
    if (!(await installed(client, device, ms, signal))) log.warn({ portId, device }, "port is not bound yet");
  };

  return {
    kind: "ovs",
    offloads: datapath === "system",
    device: tapDevice,
    ensure({ portId, mac, mtu }, signal, installMs = usualInstallMs) {
      const device = tapDevice(portId);
      return about(device, signal, async () => {
        const port = { device, portId, mac };
        await bounded(signal, async () => {
          const anew = await ensureTap(namespace, device, mtu, signal);
          await joinSwitch(client, port, anew, signal);
        });
        await waitFor(port, installMs, signal);
      });
    },
    idle: (portIds, signal) =>
      told(async () => {
        if (portIds.length === 0) return [];
        const held = new Set((await readLinks(namespace, signal)).filter(isOpen).map(({ ifname }) => ifname));
        return portIds.filter((portId) => !held.has(tapDevice(portId)));
      }, signal),
    isJoined: (portId) => !client.synced || isJoined(client, tapDevice(portId), portId),
    listen(port, signal) {
      const device = tapDevice(port.portId);
      return about(device, signal, () =>
        bounded(signal, async () => {
          const anew = await ensureDoor(namespace, device, port, signal);
          await joinSwitch(client, { device, portId: port.portId, mac: port.mac }, anew, signal);
          return listenInside(doorNamespace(namespace, device), signal);
        }),
      );
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
        await fence.mend(signal);
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
