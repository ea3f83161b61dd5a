/** Volumes from end to end: the real processes, two simulated hypervisors, driven over HTTP alone. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { type Ask, clientOf } from "./testing/client.ts";
import { type Cloud, eventually, startCloud } from "./testing/whole-cloud.ts";

let cloud: Cloud;
let ask: Ask;
let projectId: string;
let instances: string[];
const patience = { timeout: 240_000 };

const page = <Item extends z.ZodType>(item: Item) => z.object({ items: z.array(item) });
const named = z.object({ id: z.string() });
const volumeShape = z.object({
  status: z.string(),
  placed: z.boolean(),
  sizeGib: z.number(),
  attachment: z.object({ instanceId: z.string(), phase: z.string() }).nullable(),
  snapshotCount: z.number(),
});

beforeAll(async () => {
  cloud = await startCloud({ slowMs: 50, hypervisors: 2, pages: false });
  ask = clientOf(cloud.url, cloud.cookie());
  const me = z.object({ projects: z.array(named) }).parse(await cloud.query("account.me", {}));
  projectId = me.projects[0]?.id ?? "";
  await eventually(async () => {
    const pools = z.array(z.object({ state: z.string() })).parse(await cloud.query("admin.volume.pools", {}));
    return pools.length === 2 && pools.every(({ state }) => state === "up");
  });
  instances = await launchOnBoth();
}, patience.timeout);
afterAll(() => cloud?.close());

/** One on each hypervisor: while one is disabled the other takes it. */
async function launchOnBoth(): Promise<string[]> {
  const [image] = page(named).parse(await cloud.query("image.list", { projectId })).items;
  const [flavor] = page(named).parse(await cloud.query("flavor.list", { projectId, sort: "ramMib" })).items;
  const hosts = page(named).parse(await cloud.query("admin.hypervisor.list", {})).items;
  const ids: string[] = [];
  for (const { id: host } of hosts) {
    const others = hosts.filter(({ id }) => id !== host);
    for (const { id } of others)
      await cloud.mutate("admin.hypervisor.setEnabled", { id, enabled: false, reason: "test" });
    const id = crypto.randomUUID();
    const secrets = { keyPairId: null, password: null, userData: null, deleteProtection: false };
    await cloud.mutate("instance.launch", {
      ids: [id],
      projectId,
      name: "holder",
      imageId: image?.id,
      flavorId: flavor?.id,
      ...secrets,
    });
    await eventually(async () => (await statusOf("instance", id)) === "ACTIVE");
    for (const { id: other } of others)
      await cloud.mutate("admin.hypervisor.setEnabled", { id: other, enabled: true, reason: "" });
    ids.push(id);
  }
  return ids;
}

async function statusOf(kind: "instance" | "volume", id: string): Promise<string> {
  return z.object({ status: z.string() }).parse(await cloud.query(`${kind}.get`, { projectId, id })).status;
}
const volume = async (id: string) => volumeShape.parse(await cloud.query("volume.get", { projectId, id }));
const becomes = (id: string, status: string) =>
  eventually(async () => (await statusOf("volume", id)) === status);
const gone = (id: string) =>
  eventually(async () => (await ask("volume.get", { projectId, id }, "GET")).reason === "volumeNotFound");

async function make(wish: object = {}): Promise<string> {
  const id = crypto.randomUUID();
  await cloud.mutate("volume.create", { id, projectId, name: "data", sizeGib: 1, ...wish });
  return id;
}

it("goes to an instance and back, grows there, and is deleted", patience, async () => {
  const [here = "", there = ""] = instances;
  const id = await make();
  expect(await volume(id)).toMatchObject({ status: "available", placed: false });
  await cloud.mutate("volume.attach", { projectId, id, instanceId: here });
  expect((await ask("volume.attach", { projectId, id, instanceId: there })).reason).toBe("volumeAttached");
  await becomes(id, "in-use");
  expect(await volume(id)).toMatchObject({ placed: true, attachment: { instanceId: here } });
  expect((await ask("volume.delete", { projectId, id })).reason).toBe("volumeAttached");
  await cloud.mutate("volume.extend", { projectId, id, sizeGib: 3 });
  await becomes(id, "in-use");
  await cloud.mutate("volume.detach", { projectId, id });
  await becomes(id, "available");
  expect(await volume(id)).toMatchObject({ sizeGib: 3, attachment: null });
  expect((await ask("volume.attach", { projectId, id, instanceId: there })).reason).toBe("volumeElsewhere");
  await cloud.mutate("volume.delete", { projectId, id });
  await gone(id);
  const { items } = page(z.object({ kind: z.string(), state: z.string() })).parse(
    await cloud.query("operation.list", { projectId, filter: { resourceId: id } }),
  );
  expect(items.map(({ kind, state }) => [kind, state]).toSorted()).toEqual(
    ["attach", "delete", "detach", "extend"].map((kind) => [`volume.${kind}`, "succeeded"]),
  );
});

it("keeps what it was, copies it and goes back to it", patience, async () => {
  const id = await make();
  const snapshotId = crypto.randomUUID();
  const of = { kind: "volume", id: snapshotId, volumeId: id };
  await cloud.mutate("volumeSnapshot.create", { projectId, name: "before", of });
  await eventually(async () => {
    const { items } = page(z.object({ status: z.string() })).parse(
      await cloud.query("volumeSnapshot.list", { projectId, filter: { volumeId: id } }),
    );
    return items[0]?.status === "available";
  });
  expect(await volume(id)).toMatchObject({ placed: true, snapshotCount: 1 });
  const copy = await make({ sizeGib: null, source: { kind: "snapshot", snapshotId } });
  await becomes(copy, "available");
  expect(await volume(copy)).toMatchObject({ placed: true });
  await cloud.mutate("volume.revert", { projectId, id, snapshotId });
  await becomes(id, "available");
  expect((await ask("volume.delete", { projectId, id })).reason).toBe("volumeHasSnapshots");
  await cloud.mutate("volumeSnapshot.delete", { projectId, id: snapshotId });
  await eventually(async () => (await volume(id)).snapshotCount === 0);
  for (const each of [id, copy]) {
    await cloud.mutate("volume.delete", { projectId, id: each });
    await gone(each);
  }
});

it("is snapshotted with the others of its instance, and then stays without it", patience, async () => {
  const [here = ""] = instances;
  const [goes, stays] = [await make(), await make()];
  await cloud.mutate("volume.attach", { projectId, id: goes, instanceId: here, deleteWithInstance: true });
  await cloud.mutate("volume.attach", { projectId, id: stays, instanceId: here, deleteWithInstance: true });
  for (const id of [goes, stays]) await becomes(id, "in-use");
  const ids = [crypto.randomUUID(), crypto.randomUUID()];
  const of = { kind: "instance", instanceId: here, ids };
  await cloud.mutate("volumeSnapshot.create", { projectId, name: "both", of });
  await eventually(async () => {
    const { items } = page(z.object({ status: z.string(), groupId: z.string() })).parse(
      await cloud.query("volumeSnapshot.list", { projectId, filter: { ids } }),
    );
    const one = new Set(items.map(({ groupId }) => groupId)).size === 1;
    return one && items.length === 2 && items.every(({ status }) => status === "available");
  });
  await cloud.mutate("volumeSnapshot.delete", { projectId, id: ids[0] });
  await eventually(async () => (await volume(goes)).snapshotCount === 0);
  await cloud.mutate("instance.delete", { projectId, id: here });
  await gone(goes);
  await becomes(stays, "available");
  expect(await volume(stays)).toMatchObject({ attachment: null, snapshotCount: 1 });
});

it(
  "is deleted by force where nobody answers, and what is left of it shows up and goes by order",
  patience,
  async () => {
    const [, there = ""] = instances;
    const [id, other] = [await make({ name: "lost" }), await make()];
    for (const each of [id, other]) {
      await cloud.mutate("volume.attach", { projectId, id: each, instanceId: there });
      await becomes(each, "in-use");
      await cloud.mutate("volume.detach", { projectId, id: each });
      await becomes(each, "available");
    }
    const hosts = async () =>
      page(
        z.object({
          id: z.string(),
          state: z.string(),
          orphanVolumes: z.array(z.object({ volumeId: z.string(), usedBytes: z.number() })),
        }),
      ).parse(await cloud.query("admin.hypervisor.list", {})).items;
    await cloud.kill("agent");
    await eventually(async () => (await hosts()).every(({ state }) => state === "down"));
    await cloud.mutate("volume.delete", { projectId, id });
    await cloud.mutate("volume.delete", { projectId, id: other });
    await cloud.mutate("admin.volume.forceDelete", { id, name: "lost" });
    await gone(id);
    // Whoever did not ask by force waits.
    expect(await statusOf("volume", other)).toBe("deleting");
    cloud.start("agent");
    await gone(other);
    const orphans = async () =>
      (await hosts()).flatMap(({ id: hypervisorId, orphanVolumes }) =>
        orphanVolumes.map(({ volumeId }) => ({ hypervisorId, volumeId })),
      );
    await eventually(async () => (await orphans()).length === 1);
    const [left] = await orphans();
    expect(left?.volumeId).toBe(id);
    await cloud.mutate("admin.orphanVolume.remove", left ?? {});
    await eventually(async () => (await orphans()).length === 0);
  },
);

it(
  "does not go back to a snapshot once that is called off before its hypervisor heard of it",
  patience,
  async () => {
    const id = await make();
    const snapshotId = crypto.randomUUID();
    const of = { kind: "volume", id: snapshotId, volumeId: id };
    await cloud.mutate("volumeSnapshot.create", { projectId, name: "before", of });
    const snapshots = page(z.object({ status: z.string() }));
    await eventually(async () => {
      const found = await cloud.query("volumeSnapshot.list", { projectId, filter: { volumeId: id } });
      return snapshots.parse(found).items[0]?.status === "available";
    });
    await cloud.kill("agent");
    await cloud.mutate("volume.revert", { projectId, id, snapshotId });
    await cloud.mutate("volume.callOffRevert", { projectId, id });
    expect(await statusOf("volume", id)).toBe("reverting");
    cloud.start("agent");
    await becomes(id, "available");
    const asked = await cloud.query("operation.list", { projectId, filter: { resourceId: id } });
    const { items } = page(z.object({ kind: z.string(), state: z.string() })).parse(asked);
    expect(items.filter(({ kind }) => kind === "volume.revert")).toMatchObject([{ state: "cancelled" }]);
    expect((await ask("volume.callOffRevert", { projectId, id })).reason).toBe("volumeNotReverting");
    await cloud.mutate("volume.revert", { projectId, id, snapshotId });
    await eventually(async () => {
      const again = await cloud.query("operation.list", { projectId, filter: { resourceId: id } });
      const { items: all } = page(z.object({ kind: z.string(), state: z.string() })).parse(again);
      return all.some(({ kind, state }) => kind === "volume.revert" && state === "succeeded");
    });
  },
);
