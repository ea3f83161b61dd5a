/** Which network drivers there are. Nobody else imports an implementation. */
import type { NetworkDriver, PortPlugger } from "./driver.ts";
import { openSimulatedNetwork, type SimulatedNetwork, type SimulatedNetworkOptions } from "./fake.ts";
import { type OvnOptions, openOvn } from "./ovn/ovn.ts";
import { type OvsPluggerOptions, openOvsPlugger } from "./ovs/plugger.ts";

/** The options of every driver; each takes its own. */
export type NetworkOptions = { ovn: OvnOptions; simulated: SimulatedNetworkOptions };
export type NetworkKind = keyof NetworkOptions;
export type { SimulatedNetwork } from "./fake.ts";

/** What each opens: only the simulator can do more than a driver. */
type NetworkDrivers = { simulated: SimulatedNetwork } & Record<NetworkKind, NetworkDriver>;

const drivers: { [K in NetworkKind]: (options: NetworkOptions[K]) => Promise<NetworkDrivers[K]> } = {
  ovn: async (options) => openOvn(options),
  simulated: async (options) => openSimulatedNetwork(options),
};

export function createNetworkDriver<K extends NetworkKind>(
  kind: K,
  options: NetworkOptions[K],
): Promise<NetworkDrivers[K]> {
  return drivers[kind](options);
}

/** The local half: of a hypervisor with Open vSwitch, the only switch there is so far. */
export function createPortPlugger(options: OvsPluggerOptions): PortPlugger {
  return openOvsPlugger(options);
}
