/** What the hypervisor can do here: what its driver can, on the switch that its guests are joined to. */
import type { Capabilities, HypervisorNetwork } from "@madang/core/wire/agent";

/** Interfaces like e1000e leave checksums to the switch and can't be told not to; one in user space doesn't finish them. */
const needsKernel: readonly string[] = ["e1000e"];

export function capabilitiesOn(capabilities: Capabilities, { datapath }: HypervisorNetwork): Capabilities {
  const { hardware } = capabilities;
  if (!hardware?.nicModel || datapath !== "netdev") return capabilities;
  const nicModel = hardware.nicModel.filter((model) => !needsKernel.includes(model));
  return { ...capabilities, hardware: { ...hardware, nicModel } };
}
