/** A real guest with a floating IP, and a security group of its own of which it has nothing yet. */
import { setTimeout as pause } from "node:timers/promises";
import type { Stand } from "../stand/stand.ts";
import { clearProject } from "./clear.ts";
import { launchInput } from "./launch.ts";
import { openPeople, type Person } from "./people.ts";
import { openPings } from "./pings.ts";

const patienceMs = 180_000;

export type Reachable = {
  /** Its floating IP. */
  address: string;
  portId: string;
  mac: string;
  /** Lets pings in; answers when the API had accepted it. */
  allow: () => Promise<number>;
  /** And no more. */
  forbid: () => Promise<number>;
};

/** The guest has answered a ping when `work` begins, and is allowed none. */
export async function withReachable<T>(
  stand: Stand,
  name: string,
  work: (guest: Reachable) => Promise<T>,
): Promise<T> {
  const [person] = await openPeople(stand, name, 1, 1);
  if (!person) throw new Error("nobody");
  const group = crypto.randomUUID();
  const { client, projectId, form } = person;
  await client.post("securityGroup.create", { projectId, id: group, name: "pings" });
  const input = { ...launchInput(projectId, form, name), password: "one who answers pings" };
  await client.post("instance.launch", { ...input, securityGroupIds: [group], reachable: true });
  const [instanceId = ""] = input.ids;
  try {
    const guest = { ...(await addressOf(stand, instanceId)), ...pingRule(person, group) };
    const pings = openPings(guest.address);
    await guest.allow();
    await pings.firstAfter(0);
    await guest.forbid();
    await pings.last();
    await pings.stop();
    return await work(guest);
  } finally {
    await clearProject(person, stand.database);
    client.close();
  }
}

async function addressOf({ database }: Stand, instanceId: string) {
  const limit = performance.now() + patienceMs;
  for (;;) {
    const { rows } = await database.query<{ address: string; portId: string; mac: string }>(
      `SELECT host(f.address) AS address, p.id AS "portId", p.mac::text AS mac
         FROM floating_ip f JOIN port p ON p.id = f.port_id JOIN instance i ON i.id = p.instance_id
         WHERE i.id = $1 AND i.status = 'ACTIVE'`,
      [instanceId],
    );
    if (rows[0]) return rows[0];
    if (performance.now() > limit) throw new Error("the guest never had a floating IP");
    await pause(100);
  }
}

function pingRule({ client, projectId }: Person, id: string): Pick<Reachable, "allow" | "forbid"> {
  let ruleId = crypto.randomUUID();
  return {
    allow: async () => {
      ruleId = crypto.randomUUID();
      const rule = { id: ruleId, direction: "ingress", protocol: "icmp" };
      await client.post("securityGroup.addRules", { projectId, id, rules: [rule] });
      return performance.now();
    },
    forbid: async () => {
      await client.post("securityGroup.removeRule", { projectId, id, ruleId });
      return performance.now();
    },
  };
}
