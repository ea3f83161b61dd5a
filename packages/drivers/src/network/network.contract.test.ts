/** The contract over every registered driver, OVN's on a lab with three chassis; then what only packets can tell. */
import { networkContract } from "./contract.ts";
import { type OvnHarness, ovnHarness } from "./testing/ovn-harness.ts";
import { packetContract } from "./testing/packets.ts";
import { simulatedNetworkHarness } from "./testing/simulated-network-harness.ts";

let lab: Promise<OvnHarness> | null = null;
const oneLab = (): Promise<OvnHarness> => {
  lab ??= ovnHarness();
  return lab;
};

networkContract("simulated", simulatedNetworkHarness);
networkContract("ovn", async () => ({ ...(await oneLab()), close: async () => {} }));
// It comes last, and closes what both use.
packetContract(oneLab);
