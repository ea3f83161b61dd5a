/**
 * The simulated network as kill-point.ts puts it into a controller: the same, each call counted that has something to
 * do. A pass that finds nothing is made at every start, and would end each before it came to any work.
 */
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import {
  openSimulatedNetwork as openUncounted,
  type SimulatedNetwork,
  type SimulatedNetworkOptions,
} from "../../../../packages/drivers/src/network/fake.ts";

type DriverCall = <T>(call: () => Promise<T>) => Promise<T>;
const { madangDriverCall: counted } = z
  .object({ madangDriverCall: z.custom<DriverCall>((value) => typeof value === "function") })
  .parse(globalThis);

export function openSimulatedNetwork(options?: SimulatedNetworkOptions): SimulatedNetwork {
  const driver = openUncounted(options);
  return {
    ...driver,
    ensure: (topology, signal) => {
      const ensure = () => driver.ensure(topology, signal);
      return isDeepStrictEqual(driver.held(), topology) ? ensure() : counted(ensure);
    },
  };
}
