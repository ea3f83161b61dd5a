/** A cloud with 1,000 ports in 100 networks and 400 rules: all of it from nothing, one change then, and what it holds. */
import { setTimeout as pause } from "node:timers/promises";
import type { Figure } from "../figure.ts";
import {
  emptyNetworks,
  fillNetworks,
  networkCount,
  portCount,
  ruleCount,
  unrealised,
} from "../load/networks.ts";
import { northdOf } from "../load/northd.ts";
import { openPeople, type Person } from "../load/people.ts";
import { processesOf, pssMegabytes } from "../load/processes.ts";
import type { Stand } from "../stand/stand.ts";

const rounds = 3;
const changes = 40;
const patienceMs = 180_000;
const size = `${networkCount} networks, ${portCount} ports, ${ruleCount} rules`;

export const net1000Reconcile: Figure = {
  name: "net1000.reconcile",
  unit: "s",
  aim: { of: "max", atMost: 20 },
  stand: "guests",
  measure: (stand) =>
    withBell(stand, "net-reconcile", async (bell) => {
      const samples: number[] = [];
      for (let round = 0; round < rounds; round++) {
        await fillNetworks(stand.database, bell.projectId);
        samples.push((await bell.ring()) / 1_000);
        await emptyNetworks(stand.database, bell.projectId);
        await bell.ring();
      }
      return {
        samples,
        note: `${size}; one change wakes it, until all rows are realised and northd is through`,
      };
    }),
};

export const net1000Change: Figure = {
  name: "net1000.change",
  unit: "s",
  aim: { of: "p95", atMost: 1.5 },
  stand: "guests",
  measure: (stand) =>
    withBell(stand, "net-change", async (bell) => {
      await fillNetworks(stand.database, bell.projectId);
      await bell.ring();
      const samples: number[] = [];
      for (let index = 0; index < changes; index++) samples.push((await bell.ring()) / 1_000);
      await emptyNetworks(stand.database, bell.projectId);
      await bell.ring();
      return { samples, note: `a rule sent → realised and northd is through, at ${size}` };
    }),
};

export const net1000Memory: Figure = {
  name: "net1000.memory",
  unit: "MB",
  aim: null,
  stand: "guests",
  measure: (stand) =>
    withBell(stand, "net-memory", async (bell) => {
      await fillNetworks(stand.database, bell.projectId);
      await bell.ring();
      const held = partsOf(stand);
      await emptyNetworks(stand.database, bell.projectId);
      await bell.ring();
      const note = `${held.map(([part, megabytes]) => `${part} ${Math.round(megabytes)}`).join(", ")}; at ${size}`;
      return { samples: [held.reduce((sum, [, megabytes]) => sum + megabytes, 0)], note };
    }),
};

/** `ring` changes one rule and answers how long it took until all of the project was realised, ms. */
type Bell = { projectId: string; ring: () => Promise<number> };

async function withBell<T>(stand: Stand, name: string, work: (bell: Bell) => Promise<T>): Promise<T> {
  const translated = northdOf(stand.cloud);
  const [person] = await openPeople(stand, name, 1, 1);
  if (!person) throw new Error("nobody");
  const group = crypto.randomUUID();
  const { client, projectId } = person;
  await client.post("securityGroup.create", { projectId, id: group, name: "bell" });
  const toggle = ruleToggle(person, group);
  const ring = async () => {
    const since = performance.now();
    await toggle();
    await allRealised(stand, projectId);
    await translated();
    return performance.now() - since;
  };
  await ring();
  try {
    return await work({ projectId, ring });
  } finally {
    client.close();
  }
}

/** Adds a rule, and the next time takes it away. */
function ruleToggle({ client, projectId }: Person, id: string): () => Promise<void> {
  let ruleId: string | null = null;
  return async () => {
    if (ruleId !== null) {
      await client.post("securityGroup.removeRule", { projectId, id, ruleId });
      ruleId = null;
      return;
    }
    ruleId = crypto.randomUUID();
    const rule = { id: ruleId, direction: "ingress", protocol: 6, portMin: 443, portMax: 443 };
    await client.post("securityGroup.addRules", { projectId, id, rules: [rule] });
  };
}

async function allRealised({ database }: Stand, projectId: string): Promise<void> {
  const limit = performance.now() + patienceMs;
  while ((await unrealised(database, projectId)) > 0) {
    if (performance.now() > limit) throw new Error("the networks are not realised");
    await pause(10);
  }
}

const parts = [
  ["northbound", /ovsdb-server.*nb\.(db|sock)/],
  ["southbound", /ovsdb-server.*sb\.(db|sock)/],
  ["northd", /ovn-northd/],
  ["ovn-controller", /ovn-controller/],
  ["vswitchd", /ovs-vswitchd/],
  ["controller", /apps\/controller/],
] as const;

function partsOf({ cloud }: Stand): [string, number][] {
  const all = processesOf(cloud.process.pid ?? 0, cloud.data);
  return parts.map(([part, pattern]) => {
    const own = all.filter(({ command }) => pattern.test(command));
    return [part, own.reduce((sum, { pid }) => sum + pssMegabytes(pid), 0)];
  });
}
