/** Which hypervisor drivers there are. Nobody else imports an implementation. */
import type { HypervisorDriver } from "./driver.ts";
import { openSimulated, type SimulatedOptions } from "./fake.ts";
import { type LibvirtQemuOptions, openLibvirtQemu } from "./libvirt-qemu/libvirt-qemu.ts";

/** The options of every driver; each takes its own. */
export type HypervisorOptions = {
  "libvirt-qemu": LibvirtQemuOptions;
  simulated: SimulatedOptions;
};
export type HypervisorKind = keyof HypervisorOptions;

const drivers: { [K in HypervisorKind]: (options: HypervisorOptions[K]) => Promise<HypervisorDriver> } = {
  "libvirt-qemu": openLibvirtQemu,
  simulated: async (options) => openSimulated(options),
};

export const hypervisorKinds: readonly HypervisorKind[] = ["libvirt-qemu", "simulated"];

export function createHypervisorDriver<K extends HypervisorKind>(
  kind: K,
  options: HypervisorOptions[K],
): Promise<HypervisorDriver> {
  return drivers[kind](options);
}
