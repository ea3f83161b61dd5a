import type { NetworkHarness } from "../contract.ts";
import { openSimulatedNetwork } from "../fake.ts";

export async function simulatedNetworkHarness(): Promise<NetworkHarness> {
  const driver = openSimulatedNetwork();
  const ids = (rows: readonly { id: string }[]) => rows.map(({ id }) => id).toSorted();
  return {
    driver,
    chassis: ["chassis-1", "chassis-2", "chassis-3"],
    async held() {
      const { networks, ports, routers, floatingIps, securityGroups } = driver.held();
      return {
        networks: ids(networks),
        ports: ids(ports),
        routers: ids(routers),
        floatingIps: ids(floatingIps),
        securityGroups: ids(securityGroups),
        rules: ids(securityGroups.flatMap(({ rules }) => rules)),
      };
    },
    losePort: async (portId) => driver.lose("ports", portId),
    vanish: async () => {
      driver.knobs.vanish = true;
    },
    appear: async () => {
      driver.knobs.vanish = false;
    },
    close: () => driver.close(),
  };
}
