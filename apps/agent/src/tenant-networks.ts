/** What one hypervisor does for tenant networks: its guests' ports, and the metadata that is told in each network. */
import type { GuestSpec } from "@madang/core/wire/guest";
import type { PortPlugger } from "@madang/drivers/network/driver";
import { noPorts, openPorts, type Ports } from "./converge/ports.ts";
import { openDoors } from "./metadata/doors.ts";
import type { MetadataDeps } from "./metadata/server.ts";

export type TenantNetworks = {
  ports: Ports;
  /** All guests that this hypervisor should have; `isNews` when the control plane said so just now. */
  follow: (specs: readonly GuestSpec[], isNews: boolean) => void;
  /** Leaves every port as it is: the guests go on. */
  stop: () => Promise<void>;
  /** For a host that ends. */
  clear: () => Promise<void>;
};

type Deps = { plugger: PortPlugger | null; isSimulated: boolean } & Omit<MetadataDeps, "find">;

export function openTenantNetworks({ plugger, isSimulated, ...told }: Deps): TenantNetworks {
  if (!plugger) {
    const ports = noPorts(isSimulated);
    return { ports, follow: () => {}, stop: async () => {}, clear: async () => {} };
  }
  let named: ReadonlySet<string> = new Set();
  const { log } = told;
  const doors = openDoors({ plugger, ...told });
  const isWanted = (device: string) => named.has(device) || doors.isNeeded(device);
  const ports = openPorts({ plugger, isWanted, log });
  return {
    ports,
    follow: (specs, isNews) => {
      const staying = specs.filter(({ desired }) => desired !== "absent");
      named = new Set(staying.flatMap(({ nics }) => nics.map(({ portId }) => plugger.device(portId))));
      doors.follow(specs);
      if (isNews) ports.told();
    },
    stop: async () => {
      await doors.stop();
      await plugger.close();
    },
    clear: async () => {
      named = new Set();
      await doors.stop();
      ports.told();
      await ports.sweep([]).catch((error) => log.warn({ err: error }, "ports were left behind"));
    },
  };
}
