import { randomUUID } from "node:crypto";
import type { Held, NetworkHarness } from "../contract.ts";
import { createNetworkDriver } from "../registry.ts";
import { answers, type OvnLab, startOvnLab } from "./ovn-lab.ts";

export type OvnHarness = NetworkHarness & { lab: OvnLab };

export async function ovnHarness(): Promise<OvnHarness> {
  const lab = await startOvnLab();
  const { northbound, southbound } = lab;
  const driver = await createNetworkDriver("ovn", {
    ...{ northbound, southbound, cloudId: randomUUID(), ownCentral: true },
  });
  return {
    lab,
    driver,
    chassis: lab.chassis.map(({ name }) => name),
    held: () => held(lab),
    losePort: async (portId) => {
      await lab.nbctl("lsp-del", portId);
    },
    vanish: () => lab.nb.end("SIGKILL"),
    appear: async () => {
      lab.nb.start();
      await answers(northbound);
    },
    async close() {
      await driver.close();
      await lab.close();
    },
  };
}

const heldTables = ["Logical_Switch", "Logical_Switch_Port", "Logical_Router", "NAT", "Port_Group", "ACL"];

/** One look at all of it, so that it is of one moment. */
async function held({ nbctl }: OvnLab): Promise<Held> {
  const list = heldTables.flatMap((table) => ["--", "--columns=external_ids", "list", table]);
  const legs = ["--", "--columns=name", "find", "Logical_Switch_Port", "type=router"];
  const said = await nbctl("--bare", ...list, ...legs);
  const found = [...said.matchAll(/madang:id=(\S+) madang:kind=(\S+)/g)];
  const ids = (wanted: string) =>
    found.flatMap(([, id = "", kind]) => (kind === wanted ? [id] : [])).toSorted();
  const lines = said.split("\n");
  return {
    networks: ids("network"),
    ports: ids("port").filter((id) => !lines.includes(id)),
    routers: ids("router"),
    floatingIps: ids("floating-ip"),
    securityGroups: ids("security-group"),
    rules: ids("rule"),
  };
}
