/** Which hypervisor drivers there are. Nobody else imports an implementation. */
import type { HypervisorDriver } from "./driver.ts";
import { openSimulated, type SimulatedHypervisor, type SimulatedOptions } from "./fake.ts";
import { type LibvirtQemuOptions, openLibvirtQemu } from "./libvirt-qemu/libvirt-qemu.ts";

/** The options of every driver; each takes its own. */
export type HypervisorOptions = {
  "libvirt-qemu": LibvirtQemuOptions;
  simulated: SimulatedOptions;
};
export type HypervisorKind = keyof HypervisorOptions;
export type { SimulatedHypervisor, SimulatedKnobs } from "./fake.ts";

/** What each opens: only the simulator can do more than a driver. */
type HypervisorDrivers = { "libvirt-qemu": HypervisorDriver; simulated: SimulatedHypervisor };

const drivers: { [K in HypervisorKind]: (options: HypervisorOptions[K]) => Promise<HypervisorDrivers[K]> } = {
  "libvirt-qemu": openLibvirtQemu,
  simulated: async (options) => openSimulated(options),
};

export const hypervisorKinds: readonly HypervisorKind[] = ["libvirt-qemu", "simulated"];

export function createHypervisorDriver<K extends HypervisorKind>(
  kind: K,
  options: HypervisorOptions[K],
): Promise<HypervisorDrivers[K]> {
  return drivers[kind](options);
}
