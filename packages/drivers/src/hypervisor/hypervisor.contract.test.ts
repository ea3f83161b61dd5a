/** The contract over every registered driver, on the real thing. */
import { expect, it } from "vitest";
import { type HypervisorHarness, hypervisorContract } from "./contract.ts";
import { type HypervisorKind, hypervisorKinds } from "./registry.ts";
import { libvirtHarness } from "./testing/libvirt-harness.ts";
import { simulatedHarness } from "./testing/simulated-harness.ts";

const harnesses: Record<HypervisorKind, () => Promise<HypervisorHarness>> = {
  "libvirt-qemu": libvirtHarness,
  simulated: simulatedHarness,
};

it("has drivers to hold to the contract", () => {
  expect(hypervisorKinds).toContain("libvirt-qemu");
  expect(Object.keys(harnesses).sort()).toEqual([...hypervisorKinds].sort());
});

for (const kind of hypervisorKinds) hypervisorContract(kind, harnesses[kind]);
