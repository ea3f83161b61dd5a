/** The simulated storage as kill-point.ts puts it into an agent: the same, each call counted that changes something. */
import { z } from "zod";
import {
  openSimulatedStorage as openUncounted,
  type SimulatedStorage,
  type SimulatedStorageOptions,
} from "../../../../packages/drivers/src/storage/fake.ts";

type DriverCall = <T>(call: () => Promise<T>) => Promise<T>;
const { madangDriverCall: counted } = z
  .object({ madangDriverCall: z.custom<DriverCall>((value) => typeof value === "function") })
  .parse(globalThis);

export function openSimulatedStorage(options?: SimulatedStorageOptions): SimulatedStorage {
  const driver = openUncounted(options);
  return {
    ...driver,
    ensure: (order, how) => counted(() => driver.ensure(order, how)),
    remove: (...which) => counted(() => driver.remove(...which)),
    snapshot: (...which) => counted(() => driver.snapshot(...which)),
    removeSnapshot: (...which) => counted(() => driver.removeSnapshot(...which)),
    beginCopy: (...which) => counted(() => driver.beginCopy(...which)),
    copyOut: (...which) => counted(() => driver.copyOut(...which)),
    endCopy: (...which) => counted(() => driver.endCopy(...which)),
    revert: (...which) => counted(() => driver.revert(...which)),
  };
}
