/** What an agent is told of its guests' interfaces, and that it is told when they change. */
import { PrismaNamespace } from "@madang/db";
import { afterAll, beforeAll, expect, it } from "vitest";
import { makeHintBus, nextHint } from "../hint-bus.ts";
import { callerAs, launchOf, openTestCloud, placeGuest, type TestCloud } from "../testing.ts";
import { addNetwork, addPort } from "../testing-network.ts";
import type { AgentDeps } from "./deps.ts";
import { openLooks } from "./looks.ts";
import { readSnapshot } from "./snapshot.ts";

let cloud: TestCloud;
let deps: AgentDeps;
beforeAll(async () => {
  cloud = await openTestCloud();
  deps = { ...cloud.deps, agents: cloud.database, bus: cloud.bus };
});
afterAll(() => cloud.close());

const looksMs = 20_000;

it("names a guest without an image only to an agent that said that it boots from volumes", async () => {
  const { prisma } = cloud.database;
  const launch = async () => {
    const input = launchOf(cloud);
    await callerAs(cloud, "member").instance.launch(input);
    return input.ids[0] ?? "";
  };
  const [instanceId, other] = [await launch(), await launch()];
  const { hypervisorId, guestId } = await placeGuest(cloud.database, instanceId);
  const beside = await placeGuest(cloud.database, other);
  await prisma.guest.update({ where: { id: beside.guestId }, data: { hypervisorId } });
  const none = { imageName: null, imageSource: PrismaNamespace.DbNull };
  await prisma.instance.update({ where: { id: instanceId }, data: none });
  const told = async () =>
    new Map((await readSnapshot(deps, hypervisorId)).guests.map((one) => [one.guestId, one]));
  expect([...(await told()).keys()]).toEqual([beside.guestId]);
  for (const [bootsFromVolume, count] of [
    [false, 1],
    [true, 2],
  ] as const) {
    await prisma.hypervisor.update({
      where: { id: hypervisorId },
      data: { capabilities: { bootsFromVolume } },
    });
    expect((await told()).size).toBe(count);
  }
  expect((await told()).get(guestId)).toMatchObject({ image: null, instanceId });
});

it("names interfaces in order, and hints at what a subnet or a metadata port changes", async () => {
  const { prisma } = cloud.database;
  const input = launchOf(cloud, { networks: [] });
  await callerAs(cloud, "member").instance.launch(input);
  const [instanceId = ""] = input.ids;
  const { hypervisorId, serial } = await placeGuest(cloud.database, instanceId);
  const nics = async () => (await readSnapshot(deps, hypervisorId)).guests[0]?.nics;
  expect(await nics()).toEqual([]);

  const [first, second] = [await addNetwork(cloud, "10.1.0.0/24"), await addNetwork(cloud, "10.2.0.0/16")];
  const [late, early] = [await addPort(cloud, first, "10.1.0.9"), await addPort(cloud, second, "10.2.0.9")];
  const metadata = await addPort(cloud, second, "10.2.0.2");
  const owner = "instance" as const;
  await prisma.port.update({ where: { id: late }, data: { instanceId, owner, position: 1 } });
  await prisma.port.update({ where: { id: early }, data: { instanceId, owner, position: 0 } });
  await prisma.port.update({ where: { id: metadata }, data: { owner: "metadata" } });
  const { mac } = await prisma.port.findUniqueOrThrow({ where: { id: metadata } });
  expect(await nics()).toMatchObject([
    {
      portId: early,
      networkId: second.id,
      mtu: 1_442,
      addresses: [{ address: "10.2.0.9", prefixLength: 16, gateway: "10.2.0.1", dnsServers: [], dhcp: true }],
      metadata: { portId: metadata, mac, addresses: [{ address: "10.2.0.2", prefixLength: 16 }] },
    },
    {
      portId: late,
      networkId: first.id,
      addresses: [{ address: "10.1.0.9", prefixLength: 24 }],
      metadata: null,
    },
  ]);

  const bus = makeHintBus();
  const looks = openLooks(cloud.database, bus, cloud.deps.log);
  const unwatch = looks.watch({ hypervisorId, serial });
  const hinted = () => nextHint(bus, `hypervisor:${hypervisorId}`, looksMs, new AbortController().signal);
  try {
    // The first look knows of nothing before.
    await hinted();
    for (const change of [
      () => prisma.subnet.update({ where: { id: first.subnetId }, data: { dnsServers: ["192.0.2.53"] } }),
      () => prisma.ipAllocation.deleteMany({ where: { portId: metadata } }),
      () => prisma.port.update({ where: { id: late }, data: { instanceId: null, owner: "none" } }),
    ]) {
      const { revision } = await readSnapshot(deps, hypervisorId);
      const since = performance.now();
      const told = hinted();
      await change();
      await told;
      expect(performance.now() - since).toBeLessThan(looksMs);
      expect((await readSnapshot(deps, hypervisorId)).revision).not.toBe(revision);
    }
    expect(await nics()).toHaveLength(1);
  } finally {
    unwatch();
    looks.close();
  }
});
