/** What the tables say of a large cloud's networks, read at once. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { addNetwork, addSecurityGroup } from "../testing/network-rows.ts";
import { openTestCloud, type TestCloud } from "../testing/rows.ts";
import { readTopology } from "./network.view.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await openTestCloud();
});
afterAll(() => cloud.close());

it("reads a thousand ports in one statement", { timeout: 120_000 }, async (context) => {
  const { prisma, pool } = cloud.database;
  const group = await addSecurityGroup(cloud);
  const networks = await Promise.all(Array.from({ length: 20 }, () => addNetwork(cloud)));
  const ports = networks.flatMap((network) =>
    Array.from({ length: 50 }, (_, index) => ({ network, index, id: crypto.randomUUID() })),
  );
  await prisma.port.createMany({
    data: ports.map(({ id, network, index }) => ({
      id,
      projectId: cloud.projectId,
      networkId: network.id,
      mac: `fa:16:3f:00:00:${index.toString(16).padStart(2, "0")}`,
    })),
  });
  await prisma.ipAllocation.createMany({
    data: ports.map(({ id, network, index }) => ({
      portId: id,
      subnetId: network.subnetId,
      address: `${network.prefix}.${index + 20}`,
    })),
  });
  await prisma.portSecurityGroup.createMany({
    data: ports.map(({ id }) => ({ portId: id, securityGroupId: group })),
  });
  let statements = 0;
  const counted = Object.assign(Object.create(pool), {
    query: (...args: unknown[]) => {
      statements++;
      return Reflect.apply(pool.query, pool, args);
    },
  });
  const began = performance.now();
  const { topology } = await readTopology({ pool: counted });
  await context.annotate(`${Math.round(performance.now() - began)} ms`);
  expect(statements).toBe(1);
  expect(topology.ports).toHaveLength(1_020);
  expect(topology.ports.every(({ addresses }) => addresses.length === 1)).toBe(true);
});
