import { randomUUID } from "node:crypto";
import type { HypervisorHarness } from "../contract.ts";
import { openSimulated } from "../fake.ts";
import { testOrder } from "./order.ts";

export async function simulatedHarness(): Promise<HypervisorHarness> {
  const driver = openSimulated();
  return {
    driver,
    order: () => testOrder({ imagePath: null }),
    look: async (guestId) => driver.inspect(guestId),
    login: async (line) => {
      await line.see(/# /);
    },
    kill: async (guestId) => driver.crash(guestId),
    makeForeign: async () => ({ guestId: randomUUID(), files: [] }),
    loseDisk: async (guestId) => driver.loseDisk(guestId),
    leftovers: async (guestId) => (driver.inspect(guestId) ? [guestId] : []),
    close: () => driver.close(),
  };
}
