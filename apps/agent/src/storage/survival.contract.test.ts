/**
 * An agent that is killed at any moment while it makes, copies, extends, snapshots and reverts real volumes: afterwards each
 * is what was ordered, whole, with the data it must have. Read with qemu-img and qemu-io, which know nothing of us.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type VolumeReport, type VolumeSpec, volumeReport } from "@madang/core/wire/volume";
import { afterEach, beforeEach, expect, it } from "vitest";
import { z } from "zod";

const exec = promisify(execFile);
const main = fileURLToPath(new URL("../testing/volume-main.ts", import.meta.url));
const mib = 1024 ** 2;
/** Moments at which the agent is killed, in ms after its first word; an undisturbed run takes about a second. */
const kills = [0, 30, 80, 150, 250, 400];

let folder: string;
let agent: ChildProcess | null;
let heard: VolumeReport[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "madang-killed-"));
  await chmod(folder, 0o711);
  agent = null;
});
afterEach(async () => {
  await kill();
  await rm(folder, { recursive: true });
});

/** `halts`: at the end of its first snapshot. */
async function start(orders: VolumeSpec[], ...halts: "halts"[]): Promise<void> {
  await writeFile(join(folder, "orders.json"), JSON.stringify(orders));
  const child = spawn(process.execPath, [main, folder, ...halts], { stdio: ["pipe", "pipe", "inherit"] });
  agent = child;
  heard = [];
  let text = "";
  const first = Promise.withResolvers<void>();
  child.stdout.on("data", (chunk: Buffer) => {
    const lines = (text + chunk.toString()).split("\n");
    text = lines.pop() ?? "";
    const last = lines.at(-1);
    if (last === undefined) return;
    heard = z.array(volumeReport).parse(JSON.parse(last));
    first.resolve();
  });
  await first.promise;
}

async function kill(): Promise<void> {
  if (!agent || agent.signalCode !== null || agent.exitCode !== null) return;
  const gone = once(agent, "exit");
  agent.kill("SIGKILL");
  await gone;
}

async function settled(orders: VolumeSpec[]): Promise<VolumeReport[]> {
  const isDone = ({ volumeId, generation }: VolumeSpec) =>
    heard.some(
      (one) => one.volumeId === volumeId && one.generation === generation && one.phase === null && !one.fault,
    );
  for (let tries = 0; tries < 2_400; tries++) {
    if (orders.every(isDone) && heard.every(({ observed }) => observed !== "unknown")) return heard;
    await delay(50);
  }
  throw new Error(`in vain: ${JSON.stringify(heard)}`);
}

/** Killed at each moment in turn, and then left alone to the end. */
async function survive(orders: VolumeSpec[], isDone: () => Promise<boolean>): Promise<VolumeReport[]> {
  for (const ms of kills) {
    await start(orders);
    await delay(ms);
    await kill();
  }
  await start(orders);
  const reports = await settled(orders);
  for (let tries = 0; !(await isDone()); tries++) {
    if (tries === 600) throw new Error("it never came to its end");
    await delay(50);
  }
  await kill();
  return reports;
}

const fileOf = (volumeId: string) => join(folder, "volumes", volumeId, "volume.qcow2");
const io = (volumeId: string, ...commands: string[]) =>
  exec("qemu-io", ["-f", "qcow2", ...commands.flatMap((command) => ["-c", command]), fileOf(volumeId)]);
async function expectByte(volumeId: string, atMib: number, byte: number): Promise<void> {
  const { stdout } = await io(volumeId, `read -P ${byte} ${atMib}M 4M`);
  expect(stdout).not.toMatch(/verification failed/i);
}
async function infoOf(volumeId: string) {
  const { stdout } = await exec("qemu-img", ["info", "-U", "--output=json", fileOf(volumeId)]);
  const info = JSON.parse(stdout);
  return { sizeBytes: info["virtual-size"], snapshots: (info.snapshots ?? []).length };
}
/** What a kill leaks may be unused room, and never a fault. */
async function expectSound(volumeId: string): Promise<void> {
  const checked = await exec("qemu-img", ["check", "--output=json", fileOf(volumeId)]).catch(
    (error) => error,
  );
  const { corruptions = 0, "check-errors": errors = 0 } = JSON.parse(checked.stdout);
  expect({ corruptions, errors }).toEqual({ corruptions: 0, errors: 0 });
}

const keep = { projectId: randomUUID(), desired: "present", backend: "file", revert: null } as const;
const blank = (sizeMib: number): VolumeSpec => ({
  ...{ ...keep, volumeId: randomUUID(), generation: 1, sizeBytes: sizeMib * mib, snapshots: [] },
  source: { kind: "blank" },
});

it("brings volumes to their orders, whole, whenever it is killed", async () => {
  await exec("qemu-img", ["create", "-q", "-f", "raw", join(folder, "image.raw"), "64M"]);
  await exec("qemu-io", ["-f", "raw", "-c", "write -P 0x42 0 24M", join(folder, "image.raw")]);
  const image = {
    kind: "image",
    sha256: "0".repeat(64),
    sizeBytes: 64 * mib,
    virtualSizeBytes: 64 * mib,
  } as const;
  const snapshot = { snapshotId: randomUUID(), desired: "present", groupId: null } as const;
  const source: VolumeSpec = {
    ...{ ...keep, volumeId: randomUUID(), generation: 1, sizeBytes: 96 * mib, snapshots: [] },
    source: { ...image, format: "raw" },
  };
  const copy: VolumeSpec = {
    ...{ ...keep, volumeId: randomUUID(), generation: 1, sizeBytes: 128 * mib, snapshots: [snapshot] },
    source: { kind: "volume", volumeId: source.volumeId },
  };
  await start([source]);
  await settled([source]);
  await kill();
  await io(source.volumeId, "write -P 0x55 8M 12M");

  const isTidy = async () => (await infoOf(source.volumeId)).snapshots === 0;
  const made = await survive([source, copy], isTidy);
  expect(made).toContainEqual(expect.objectContaining({ volumeId: copy.volumeId, sizeBytes: 128 * mib }));
  expect(await infoOf(copy.volumeId)).toEqual({ sizeBytes: 128 * mib, snapshots: 1 });
  expect(await infoOf(source.volumeId)).toEqual({ sizeBytes: 96 * mib, snapshots: 0 });
  for (const [atMib, byte] of [
    [0, 0x42],
    [8, 0x55],
    [20, 0x42],
    [100, 0],
  ] as const)
    await expectByte(copy.volumeId, atMib, byte);

  await io(copy.volumeId, "write -P 0x66 8M 12M", "write -P 0x77 100M 8M");
  const later = { snapshotId: randomUUID(), desired: "present", groupId: null } as const;
  const back: VolumeSpec = {
    ...{ ...copy, generation: 2, sizeBytes: 160 * mib, snapshots: [snapshot, later] },
    revert: { seq: 1, snapshotId: snapshot.snapshotId },
  };
  const gone: VolumeSpec = { ...source, generation: 2, desired: "absent" };
  const after = await survive([gone, back], async () => true);
  expect(after).toContainEqual(expect.objectContaining({ volumeId: gone.volumeId, observed: "absent" }));
  expect(after).toContainEqual(expect.objectContaining({ volumeId: back.volumeId, revertSeq: 1 }));
  expect(await infoOf(back.volumeId)).toEqual({ sizeBytes: 160 * mib, snapshots: 2 });
  await expectByte(back.volumeId, 8, 0x55);
  await expectByte(back.volumeId, 100, 0);
  await expectSound(back.volumeId);
  expect(await readdir(join(folder, "volumes"))).toEqual([back.volumeId]);
  expect((await readdir(join(folder, "volumes", back.volumeId))).sort()).toEqual([
    "volume.json",
    "volume.qcow2",
  ]);
});

/** What it says of one, before it is killed. */
async function told(isIt: (report: VolumeReport) => boolean): Promise<VolumeReport> {
  for (let tries = 0; tries < 2_400; tries++) {
    const found = heard.find(isIt);
    if (found) {
      await kill();
      return found;
    }
    await delay(50);
  }
  throw new Error(`in vain: ${JSON.stringify(heard)}`);
}

it.each([
  ["its folder", ["volumes"]],
  ["its folder and all that it remembered", ["volumes", "volumes.json"]],
])("tells a loss when %s is removed by hand, and makes nothing in its place", async (_what, names) => {
  const one = blank(32);
  await survive([one], async () => true);
  await io(one.volumeId, "write -P 0x42 0 4M");
  for (const name of names) await rm(join(folder, name), { recursive: true });
  const lost = { observed: "failed", fault: { reason: "VolumeLost" } };
  // As its control plane has it by the agent's own word.
  const known = { ...one, made: true };
  await start([known]);
  expect(await told(({ fault }) => fault !== null)).toMatchObject(lost);
  await start([{ ...known, generation: 2, sizeBytes: 64 * mib }]);
  expect(await told(({ generation }) => generation === 2)).toMatchObject(lost);
  expect(await readdir(join(folder, "volumes"))).toEqual([]);
  await start([{ ...known, generation: 3, desired: "absent" }]);
  expect(await told(({ generation }) => generation === 3)).toMatchObject({ observed: "absent", fault: null });
});

it("tells that a group came apart when it is killed between its snapshots, and takes none later", async () => {
  const volumes = [blank(32), blank(32)];
  await start(volumes);
  await settled(volumes);
  await kill();
  for (const { volumeId } of volumes) await io(volumeId, "write -P 0x42 0 4M");
  const groupId = randomUUID();
  const asked = volumes.map((one): VolumeSpec => {
    const snapshot = { snapshotId: randomUUID(), desired: "present", groupId } as const;
    return { ...one, generation: 2, snapshots: [snapshot] };
  });
  const taken = async () => {
    const found = await Promise.all(volumes.map(({ volumeId }) => infoOf(volumeId)));
    return found.map(({ snapshots }) => snapshots).toSorted();
  };
  await start(asked, "halts");
  for (let tries = 0; (await taken()).join() !== "0,1"; tries++) {
    if (tries === 600) throw new Error("no snapshot was taken");
    await delay(50);
  }
  await kill();
  for (const { volumeId } of volumes) await io(volumeId, "write -P 0x66 0 4M");
  const reports = await survive(asked, async () => true);
  const said = reports.flatMap(({ snapshots }) => snapshots).map((one) => one.fault?.reason ?? one.observed);
  expect(said.toSorted()).toEqual(["GroupTorn", "available"]);
  expect(reports.map(({ observed, fault }) => [observed, fault])).toEqual([
    ["available", null],
    ["available", null],
  ]);
  expect(await taken()).toEqual([0, 1]);
  // Without the one that was taken nothing of the group is left; both volumes are as they were written last.
  const without = asked.map((one) => ({
    ...one,
    generation: 3,
    snapshots: one.snapshots.map((each) => ({ ...each, desired: "absent" as const })),
  }));
  await survive(without, async () => true);
  expect(await taken()).toEqual([0, 0]);
  for (const { volumeId } of volumes) {
    await expectByte(volumeId, 0, 0x66);
    await expectSound(volumeId);
  }
});

it("ends a revert that it had begun when it was killed, though it was called off meanwhile", async () => {
  const snapshot = { snapshotId: randomUUID(), desired: "present", groupId: null } as const;
  const one = { ...blank(32), snapshots: [snapshot] };
  await start([{ ...one, snapshots: [] }]);
  await settled([one]);
  await kill();
  await io(one.volumeId, "write -P 0x42 0 4M");
  const asked: VolumeSpec = { ...one, generation: 2 };
  await start([asked]);
  await settled([asked]);
  await kill();
  await io(one.volumeId, "write -P 0x66 0 4M");
  // As it is on the disk between the mark that says so and qemu-img.
  const mark = join(folder, "volumes", one.volumeId, "volume.json");
  const reverting = { seq: 1, snapshotId: snapshot.snapshotId };
  await writeFile(mark, JSON.stringify({ ...JSON.parse(await readFile(mark, "utf8")), reverting }));
  const calledOff: VolumeSpec = { ...one, generation: 3 };
  expect(await survive([calledOff], async () => true)).toMatchObject([{ generation: 3, revertSeq: 1 }]);
  await expectByte(one.volumeId, 0, 0x42);
  await expectSound(one.volumeId);
  expect(JSON.parse(await readFile(mark, "utf8"))).toMatchObject({ revertSeq: 1, reverting: null });
});
