/**
 * An agent that is killed at any moment while it makes, copies, extends, snapshots and reverts real volumes: afterwards each
 * is what was ordered, whole, with the data it must have. Read with qemu-img and qemu-io, which know nothing of us.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { chmod, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
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

async function start(orders: VolumeSpec[]): Promise<void> {
  await writeFile(join(folder, "orders.json"), JSON.stringify(orders));
  const child = spawn(process.execPath, [main, folder], { stdio: ["pipe", "pipe", "inherit"] });
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

it("brings volumes to their orders, whole, whenever it is killed", async () => {
  await exec("qemu-img", ["create", "-q", "-f", "raw", join(folder, "image.raw"), "64M"]);
  await exec("qemu-io", ["-f", "raw", "-c", "write -P 0x42 0 24M", join(folder, "image.raw")]);
  const image = {
    kind: "image",
    sha256: "0".repeat(64),
    sizeBytes: 64 * mib,
    virtualSizeBytes: 64 * mib,
  } as const;
  const keep = { projectId: randomUUID(), desired: "present", backend: "file", revert: null } as const;
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
