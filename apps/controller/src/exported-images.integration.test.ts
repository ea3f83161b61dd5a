/** Images of what a project has, over real processes: the hypervisor copies and brings, the controller judges, qemu-img looks. */
import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { openDatabase } from "@madang/db";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Agent, type SeveralCloud, startSeveral, type Web } from "./testing/several-cloud.ts";
import { type Visitor, visit } from "./testing/visitor.ts";
import { eventually } from "./testing/whole-cloud.ts";

const run = promisify(execFile);
const patience = { timeout: 300_000 };
const gib = 1024 ** 3;

let cloud: SeveralCloud;
let database: ReturnType<typeof openDatabase>;
let web: Web;
let agent: Agent;
let mina: Visitor;
let instanceId: string;
let volumeId: string;
beforeAll(async () => {
  cloud = await startSeveral({ webs: 1, controllers: 1, agents: 1 });
  database = openDatabase(cloud.databaseUrl, 2);
  const [[someWeb], [someAgent]] = [cloud.webs, cloud.agents];
  if (!someWeb || !someAgent) throw new Error("not started");
  [web, agent] = [someWeb, someAgent];
  mina = await visit(web, await cloud.signIn(web));
  [instanceId = ""] = await mina.launch();
  await mina.becomes(instanceId, "ACTIVE");
  volumeId = await newVolume();
  await mina.mutate("volume.attach", { projectId: mina.projectId, id: volumeId, instanceId });
  await eventually(async () => (await volumeRow(volumeId))?.status === "in-use");
}, 300_000);
afterAll(async () => {
  await database?.close();
  await cloud?.close();
}, 60_000);

const imageRow = (id: string) => database.prisma.image.findUnique({ where: { id } });
const volumeRow = (id: string) => database.prisma.volume.findUnique({ where: { id } });
const operationOf = (resourceId: string) =>
  database.prisma.operation.findFirst({ where: { resourceId, kind: "image.make" } });

async function newVolume(): Promise<string> {
  const id = crypto.randomUUID();
  await mina.mutate("volume.create", { projectId: mina.projectId, id, name: "a volume", sizeGib: 3 });
  return id;
}

async function makeImage(kind: "volume" | "snapshot" | "instance", of: string): Promise<string> {
  const id = crypto.randomUUID();
  const wish = { id, name: `of a ${kind}`, of: { kind, id: of } };
  await mina.mutate("image.createFrom", { projectId: mina.projectId, ...wish });
  return id;
}

const statusIs = (id: string, status: string) =>
  eventually(async () => (await imageRow(id))?.status === status);

/** What is at the beginning of the stored disk, as qemu-img reads it, and how large the disk is. */
async function stored(id: string): Promise<{ text: string; virtualBytes: number }> {
  const row = await imageRow(id);
  const path = join(cloud.data, "images", row?.sha256 ?? "none");
  const part = join(cloud.data, `${id}.head`);
  await run("qemu-img", ["dd", "-f", "qcow2", "-O", "raw", "bs=512", "count=1", `if=${path}`, `of=${part}`]);
  const { stdout } = await run("qemu-img", ["info", "--output=json", path]);
  const text = (await readFile(part, "latin1")).replaceAll("\0", "");
  return { text, virtualBytes: Number(/"virtual-size": (\d+)/.exec(stdout)?.[1]) };
}

const left = async () => {
  const folders = [join(agent.directory, "exports"), join(cloud.data, "images", "incoming")];
  return (await Promise.all(folders.map((folder) => readdir(folder).catch(() => [])))).flat();
};
/** Nothing of it is on the hypervisor, nor held in a disk there, nor on its way. */
const nothingLeft = () =>
  eventually(async () => {
    const files = ["simulated.json", "simulated-volumes.json"].map((name) => join(agent.directory, name));
    const texts = await Promise.all(files.map((file) => readFile(file, "utf8").catch(() => "")));
    return (await left()).length === 0 && !texts.some((text) => /"copies":\["/.test(text));
  });

test(
  "an instance, a volume that it has, and a snapshot become images of what was in them",
  patience,
  async () => {
    const snapshotId = crypto.randomUUID();
    const of = { kind: "volume", id: snapshotId, volumeId };
    await mina.mutate("volumeSnapshot.create", { projectId: mina.projectId, name: "before", of });
    await eventually(
      async () =>
        (await database.prisma.volumeSnapshot.findUnique({ where: { id: snapshotId } }))?.status ===
        "available",
    );
    await mina.mutate("volume.extend", { projectId: mina.projectId, id: volumeId, sizeGib: 4 });
    await eventually(async () => (await volumeRow(volumeId))?.status === "in-use");
    const ids = [
      await makeImage("instance", instanceId),
      await makeImage("volume", volumeId),
      await makeImage("snapshot", snapshotId),
    ] as const;
    for (const id of ids) await statusIs(id, "active");
    const guest = await database.prisma.guest.findFirstOrThrow({ where: { instanceId } });
    expect((await stored(ids[0])).text).toBe(`simulated guest ${guest.id}`);
    expect(await stored(ids[1])).toEqual({ text: `simulated volume ${volumeId}`, virtualBytes: 4 * gib });
    expect(await stored(ids[2])).toEqual({ text: `simulated volume ${volumeId}`, virtualBytes: 3 * gib });
    for (const id of ids) {
      const operation = await operationOf(id);
      expect(operation).toMatchObject({ state: "succeeded", percent: 100 });
      expect(await imageRow(id)).toMatchObject({
        visibility: "private",
        uploadFormat: "qcow2",
        diskFormat: "qcow2",
      });
      const row = await imageRow(id);
      expect(row?.uploadSha256).toBe(row?.exportSha256);
    }
    await nothingLeft();
  },
);

test("what was never written is no image, and what one is being made of stays", patience, async () => {
  const unused = await newVolume();
  await expect(makeImage("volume", unused)).rejects.toThrow(/volumeNeverUsed/);
  await expect(makeImage("volume", crypto.randomUUID())).rejects.toThrow(/volumeNotFound/);
  await expect(makeImage("snapshot", crypto.randomUUID())).rejects.toThrow(/snapshotNotFound/);
  await expect(makeImage("instance", crypto.randomUUID())).rejects.toThrow(/instanceNotFound/);

  const placed = await newVolume();
  await mina.mutate("volumeSnapshot.create", {
    ...{ projectId: mina.projectId, name: "placing it" },
    of: { kind: "volume", id: crypto.randomUUID(), volumeId: placed },
  });
  await eventually(async () => (await volumeRow(placed))?.hypervisorId !== null);
  await eventually(async () => (await volumeRow(placed))?.status === "available");
  agent.freeze();
  const id = await makeImage("volume", placed);
  const remove = mina.mutate("volume.delete", { projectId: mina.projectId, id: placed, snapshots: true });
  await expect(remove).rejects.toThrow(/volumeBeingCopied/);
  expect(await imageRow(id)).toMatchObject({ status: "queued", uploadSizeBytes: BigInt(3 * gib) });

  // Called off before a byte came.
  await mina.mutate("image.delete", { projectId: mina.projectId, id });
  await eventually(async () => (await imageRow(id)) === null);
  expect(await operationOf(id)).toMatchObject({ state: "cancelled" });
  agent.thaw();
  await mina.mutate("volume.delete", { projectId: mina.projectId, id: placed, snapshots: true });
  await eventually(async () => (await volumeRow(placed)) === null);
  await nothingLeft();
});

test("whoever is killed in the middle goes on, or it ends clearly", patience, async () => {
  const first = await makeImage("instance", instanceId);
  await agent.kill();
  agent.start();
  await statusIs(first, "active");

  const second = await makeImage("volume", volumeId);
  await web.kill();
  web.start();
  await statusIs(second, "active");

  agent.freeze();
  const third = await makeImage("instance", instanceId);
  const [controller] = cloud.controllers;
  await controller?.kill();
  agent.thaw();
  await eventually(async () => (await imageRow(third))?.uploadEndedAt != null);
  controller?.start();
  await statusIs(third, "active");
  await nothingLeft();
});

test("what it was to be made of goes: the image says so", patience, async () => {
  const [doomed = ""] = await mina.launch("doomed");
  await mina.becomes(doomed, "ACTIVE");
  agent.freeze();
  const id = await makeImage("instance", doomed);
  await mina.act("delete", doomed);
  await statusIs(id, "killed");
  expect(await imageRow(id)).toMatchObject({ fault: { reason: "imageSourceGone" } });
  expect(await operationOf(id)).toMatchObject({ state: "failed" });
  agent.thaw();
  await nothingLeft();
});
