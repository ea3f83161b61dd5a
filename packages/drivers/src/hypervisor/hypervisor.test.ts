/** The contract in the unit lane: drivers that need nothing but this process. */
import { hypervisorContract } from "./contract.ts";
import { simulatedHarness } from "./testing/simulated-harness.ts";

hypervisorContract("simulated", simulatedHarness);
