/**
 * The ports of this hypervisor's guests. A port is plugged before its guest starts or is given the interface, and unplugged
 * after the guest has let go of it; whatever is plugged that nobody names and no guest has is taken away by the sweep.
 */
import { asCloudError, CloudError } from "@madang/core/errors";
import type { GuestNic, GuestSpec } from "@madang/core/wire/guest";
import type { GuestDevice, GuestObservation, ObservedNic } from "@madang/drivers/hypervisor/driver";
import type { PortPlugger } from "@madang/drivers/network/driver";
import type { Logger } from "pino";

export type Ports = {
  /** Makes them ready for a guest that is to run. */
  plug: (nics: readonly GuestNic[], signal: AbortSignal) => Promise<GuestDevice[] | undefined>;
  /** What they will be called, for a guest that is off. */
  devices: (nics: readonly GuestNic[]) => GuestDevice[] | undefined;
  /** Of what a running guest has: those whose devices were made anew behind its back, and are no longer its own. */
  torn: (seen: GuestObservation | null, signal: AbortSignal) => Promise<string[]>;
  /** Those that still belong to a guest stay. Never fails: the sweep comes after. */
  unplug: (portIds: readonly string[], signal: AbortSignal) => Promise<void>;
  /** What is seen is not what is asked for. */
  differ: (spec: GuestSpec, seen: GuestObservation | null) => boolean;
  /** `present`: everything that the hypervisor has. */
  sweep: (present: readonly GuestObservation[]) => Promise<void>;
  /** A snapshot came: from now on it is known who nobody names. */
  told: () => void;
};

export type PortsDeps = {
  plugger: PortPlugger;
  /** Is it of a guest that stays, or otherwise needed? */
  isWanted: (device: string) => boolean;
  log: Logger;
};

const sweepLimitMs = 60_000;

export function openPorts({ plugger, isWanted, log }: PortsDeps): Ports {
  let isTold = false;
  /** As last looked: ports of running guests whose devices nobody has open. */
  let torn: ReadonlySet<string> = new Set();
  const deviceOf = ({ portId, mac, mtu }: GuestNic): GuestDevice => {
    return { portId, mac, mtu, device: plugger.device(portId), offloads: plugger.offloads };
  };
  // Asked and begun in one go, and one at a time a device: who wants it again meanwhile comes after.
  const removeUnwanted = async (device: string, signal: AbortSignal) => {
    if (isWanted(device)) return;
    await plugger.remove(device, signal);
    log.info({ device }, "port unplugged");
  };
  /** One that can't be removed is no reason to leave the others. */
  const tryRemove = (device: string, signal: AbortSignal, otherwise: string) =>
    removeUnwanted(device, signal).catch((error: unknown) => {
      const { detail } = asCloudError(error).options;
      log.warn({ err: error, detail, device }, otherwise);
    });
  return {
    plug: async (nics, signal) => {
      await Promise.all(nics.map((nic) => plugger.ensure(nic, signal)));
      return nics.map(deviceOf);
    },
    devices: (nics) => nics.map(deviceOf),
    torn: async (seen, signal) => {
      if (seen?.observed !== "running") return [];
      const own = portIdsOf([seen]);
      const found = await plugger.idle(own, signal);
      torn = new Set([...torn].filter((portId) => !own.includes(portId)).concat(found));
      return found;
    },
    unplug: async (portIds, signal) => {
      for (const device of portIds.map(plugger.device))
        await tryRemove(device, signal, "port could not be unplugged");
    },
    differ: ({ desired, nics }, seen) => {
      if (!seen?.nics || desired === "absent" || desired === "hold") return false;
      if (!sameNics(nics, seen.nics)) return true;
      return (
        seen.observed === "running" &&
        nics.some(({ portId }) => !plugger.isJoined(portId) || torn.has(portId))
      );
    },
    sweep: async (present) => {
      if (!isTold) return;
      const signal = AbortSignal.timeout(sweepLimitMs);
      const held = new Set(portIdsOf(present).map(plugger.device));
      for (const device of await plugger.list(signal))
        if (!held.has(device)) await tryRemove(device, signal, "port could not be swept");
      torn = new Set(await plugger.idle(portIdsOf(present.filter(runs)), signal));
    },
    told: () => {
      isTold = true;
    },
  };
}

/** Where no switch is. A simulated guest has interfaces as it has everything else; a real one can't be given any. */
export function noPorts(isSimulated: boolean): Ports {
  return {
    plug: async (nics) => {
      if (isSimulated || nics.length === 0) return undefined;
      throw new CloudError("Unsupported", "This hypervisor has no tenant networks.", {
        reason: "NetworkMissing",
        retry: "elsewhere",
      });
    },
    devices: () => undefined,
    torn: async () => [],
    unplug: async () => {},
    differ: () => false,
    sweep: async () => {},
    told: () => {},
  };
}

const runs = ({ observed }: GuestObservation) => observed === "running";

function portIdsOf(guests: readonly GuestObservation[]): string[] {
  return guests.flatMap(({ nics = [] }) => nics.map(({ portId }) => portId));
}

function sameNics(wanted: readonly ObservedNic[], seen: readonly ObservedNic[]): boolean {
  const has = ({ portId, mac }: ObservedNic) => seen.some((nic) => nic.portId === portId && nic.mac === mac);
  return wanted.length === seen.length && wanted.every(has);
}
