/** The contract in the unit lane: drivers that need nothing but this process. */
import { storageContract } from "./contract.ts";
import { simulatedStorageHarness } from "./testing/simulated-storage-harness.ts";

storageContract("simulated", simulatedStorageHarness);
