/**
 * A guest that writes numbered blocks with their sums into its volume, and says of each when it was synced, while the volume
 * is extended, snapshotted and cut off from its storage, and the agent is killed in each of it. Whatever was acknowledged is
 * there afterwards; after a revert what was acknowledged before the snapshot. Read from outside, with qemu-img.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type GuestReport, guestReport } from "@madang/core/wire/guest";
import { type VolumeReport, type VolumeSpec, volumeReport } from "@madang/core/wire/volume";
import { createStorageDriver } from "@madang/drivers/storage";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import {
  type LibvirtHarness,
  libvirtHarness,
} from "../../../../packages/drivers/src/hypervisor/testing/libvirt-harness.ts";
import { type Terminal, terminal } from "../../../../packages/drivers/src/hypervisor/testing/terminal.ts";
import { canBeFar, type FarDisk, putFarAway } from "../testing/far-disk.ts";

const exec = promisify(execFile);
const main = fileURLToPath(new URL("../testing/guest-main.ts", import.meta.url));
const mib = 1024 ** 2;
const blockBytes = 4_096;
const largestMib = 96;
/** Between two events, at least. */
const blocksEach = 8;
/** The block behind what the volume was made with. */
const formerEnd = (64 * mib) / blockBytes;
const said = z.object({ guests: z.array(guestReport), volumes: z.array(volumeReport) });

// A disk that can be cut off needs root and FUSE.
describe.skipIf(!canBeFar)("a volume of a guest that writes all the time", () => {
  let harness: LibvirtHarness;
  let folder: string;
  let far: FarDisk | null = null;
  let agent: ChildProcess | null = null;
  let heard: z.infer<typeof said> = { guests: [], volumes: [] };
  let line: Terminal;
  let guestId: string;
  let lines = "";
  let name = "";
  const volumeId = randomUUID();
  const snapshot = { snapshotId: randomUUID(), desired: "present", groupId: null } as const;
  let volume: VolumeSpec;
  let guest: ReturnType<LibvirtHarness["order"]>["spec"];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "madang-integrity-"));
    await chmod(folder, 0o711);
    // Before libvirtd, which may see no mounts that are made after its start.
    far = await makeFar();
    harness = await libvirtHarness();
    const { libvirtDir, instancesDir, imagePath } = harness;
    const settings = { libvirtDir, instancesDir, imagePath, bootId: randomUUID() };
    await writeFile(join(folder, "settings.json"), JSON.stringify(settings));
    volume = {
      ...{ volumeId, projectId: randomUUID(), generation: 1, desired: "present", backend: "file" },
      ...{ sizeBytes: 64 * mib, source: { kind: "blank" }, snapshots: [], revert: null },
    };
    const { spec } = harness.order();
    const disk = { attachmentId: randomUUID(), volumeId, readOnly: false, boot: false, qos: {} };
    guest = { ...spec, disks: [disk] };
    guestId = spec.guestId;
  }, 240_000);
  afterAll(async () => {
    try {
      await kill();
      await harness?.close();
    } finally {
      await far?.close();
    }
    await rm(folder, { recursive: true, force: true });
  }, 120_000);

  const makeFar = async () => {
    const volumesDir = join(folder, "volumes");
    const storage = await createStorageDriver("file", { volumesDir });
    const spec = { volumeId, sizeBytes: 64 * mib, source: { kind: "blank" as const } };
    const how = { signal: AbortSignal.timeout(60_000) };
    await storage.ensure({ spec, imagePath: null, made: false, inUse: null }, how);
    await storage.close();
    return putFarAway(join(volumesDir, volumeId, "volume.qcow2"), 256 * mib, folder);
  };
  const order = () => {
    const content = { guests: [guest], consoles: [], orphanOrders: [], volumes: [volume] };
    const ids = { revision: randomUUID(), hypervisorId: randomUUID() };
    return writeFile(join(folder, "orders.json"), JSON.stringify({ ...ids, ...content }));
  };
  const start = () => {
    const child = spawn(process.execPath, [main, folder], { stdio: ["pipe", "pipe", "inherit"] });
    agent = child;
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => {
      const parts = (text + chunk.toString()).split("\n");
      text = parts.pop() ?? "";
      const last = parts.at(-1);
      if (last !== undefined) heard = said.parse(JSON.parse(last));
    });
  };
  const kill = async () => {
    if (!agent || agent.signalCode !== null || agent.exitCode !== null) return;
    const gone = once(agent, "exit");
    agent.kill("SIGKILL");
    await gone;
    heard = { guests: [], volumes: [] };
  };
  /** Told, and killed in the middle of it, three times at other moments; then left alone. */
  const through = async (change: Partial<VolumeSpec>) => {
    volume = { ...volume, ...change, generation: volume.generation + 1 };
    await order();
    for (const ms of [400, 700, 1_100]) {
      await kill();
      start();
      await delay(ms);
    }
    await kill();
    start();
    await reported(
      ({ volumes }) => volumes[0],
      (one) => one.generation === volume.generation && one.phase === null && one.fault === null,
    );
  };
  const reported = async <Report extends VolumeReport | GuestReport>(
    of: (all: typeof heard) => Report | undefined,
    isIt: (report: Report) => boolean,
  ): Promise<Report> => {
    for (let tries = 0; tries < 2_400; tries++) {
      const found = of(heard);
      if (found && isIt(found)) return found;
      await delay(50);
    }
    throw new Error(`in vain: ${JSON.stringify(heard)}`);
  };
  const acked = (tag: string): number[] =>
    [...lines.matchAll(new RegExp(`ACK ${tag} (\\d+)\\r?\\n`, "g"))].map(([, index]) => Number(index));
  const ackedMore = async (tag: string, count = blocksEach) => {
    const before = acked(tag).length;
    for (let tries = 0; acked(tag).length < before + count; tries++) {
      if (tries === 2_400) throw new Error(`only ${acked(tag).length} of ${tag}: ${lines.slice(-500)}`);
      await delay(50);
    }
    return acked(tag);
  };
  /** As the guest's shell makes it: a sum, over and over. */
  const blockOf = (tag: string, index: number): Buffer => {
    const sum = createHash("md5").update(`${tag} ${index}\n`).digest("hex");
    return Buffer.from(`${sum}\n`.repeat(Math.ceil(blockBytes / 33))).subarray(0, blockBytes);
  };
  /** Says of each block when it is on the disk. */
  const write = (tag: string, from = 0) =>
    line.type(
      `(i=${from}; while [ ! -e /tmp/stop-${tag} ]; do echo "${tag} $i" | md5sum | cut -c1-32 > /tmp/sum; s=$(cat /tmp/sum); yes $s | head -c ${blockBytes} > /tmp/block; ` +
        `if dd if=/tmp/block of=/dev/${name} bs=${blockBytes} seek=$i conv=fsync,notrunc 2>/dev/null; then echo "ACK ${tag} $i"; fi; i=$((i+1)); done; echo "ENDED $((40+2)) ${tag}") &\r`,
    );
  const stop = async (tag: string) => {
    line.type(`touch /tmp/stop-${tag}\r`);
    await line.see(new RegExp(`ENDED 42 ${tag}`));
  };
  const wrong = async (tag: string, indexes: readonly number[]) => {
    const out = join(folder, "out.raw");
    const file = join(folder, "volumes", volumeId, "volume.qcow2");
    await exec("qemu-img", ["convert", "-U", "-f", "qcow2", "-O", "raw", file, out]);
    const bytes = await readFile(out);
    await rm(out);
    return indexes.filter(
      (index) => !bytes.subarray(index * blockBytes, (index + 1) * blockBytes).equals(blockOf(tag, index)),
    );
  };

  it("has all that was acknowledged, through extension, snapshot, loss of its storage, kills and a revert", async () => {
    if (!far) throw new Error("its disk is not far");
    await order();
    start();
    await reported(
      ({ guests }) => guests[0],
      ({ observed, fault }) => observed === "running" && fault === null,
    );
    const stream = await harness.driver.console(guestId, "serial", AbortSignal.timeout(240_000));
    stream.on("data", (chunk: Buffer) => {
      lines += chunk.toString("latin1");
    });
    line = terminal(stream);
    await line.see(/MADANG-READY/);
    await harness.login(line);
    line.type(`echo "NAME[$(grep -l ${volumeId.slice(0, 20)} /sys/block/vd*/serial | cut -d/ -f4)]"\r`);
    name = (await line.see(/NAME\[(vd\w)\]/))[1] ?? "";

    write("first");
    await ackedMore("first");
    await through({ sizeBytes: largestMib * mib });
    expect(await sizeSeen()).toBe((largestMib * mib) / 512);
    const kept = await ackedMore("first");
    await through({ snapshots: [snapshot] });
    const { snapshots } = await reported(
      ({ volumes }) => volumes[0],
      () => true,
    );
    expect(snapshots).toMatchObject([{ observed: "available", fault: null }]);
    await ackedMore("first");

    await far.cut();
    await standsStill();
    const standing = await reported(
      ({ guests }) => guests[0],
      ({ fault }) => fault?.reason === "StorageUnreachable",
    );
    expect(standing).toMatchObject({ observed: "running", fault: { retry: "later" } });
    expect(await harness.virsh("domblkerror", guestId)).toMatch(/unspecified error/);
    const before = acked("first").length;
    const life = await harness.pid(guestId);
    far.mend();
    // Nobody orders anything.
    await ackedMore("first");
    expect(acked("first").length).toBeGreaterThan(before);
    expect(await harness.virsh("domstate", guestId)).toBe("running");
    expect(await harness.pid(guestId)).toBe(life);
    await reported(
      ({ guests }) => guests[0],
      ({ fault }) => fault === null,
    );
    await stop("first");
    write("beyond", formerEnd - 2);
    await ackedMore("beyond");
    await stop("beyond");
    write("second");
    await ackedMore("second");
    await stop("second");
    const second = acked("second");
    expect(await wrong("second", second)).toEqual([]);
    expect(await wrong("beyond", acked("beyond"))).toEqual([]);
    const rest = acked("first").filter((index) => index > Math.max(...second) + 1);
    expect(await wrong("first", rest)).toEqual([]);

    guest = { ...guest, desired: "stopped", generation: 2 };
    await order();
    agent?.kill("SIGHUP");
    await reported(
      ({ guests }) => guests[0],
      ({ generation, observed }) => generation === 2 && observed === "stopped",
    );
    expect(await wrong("second", second)).toEqual([]);
    await through({ revert: { seq: 1, snapshotId: snapshot.snapshotId } });
    expect(await wrong("first", kept)).toEqual([]);
    const { stdout } = await exec("qemu-img", [
      ...["check", "-f", "qcow2", "--output=json"],
      join(folder, "volumes", volumeId, "volume.qcow2"),
    ]).catch((error: { stdout: string }) => error);
    expect(JSON.parse(stdout)).not.toMatchObject({ corruptions: expect.anything() });
  }, 900_000);

  async function sizeSeen(): Promise<number> {
    const shown = await harness.virsh("domblkinfo", guestId, name);
    return Number(/Capacity:\s+(\d+)/.exec(shown)?.[1] ?? 0) / 512;
  }

  async function standsStill(): Promise<void> {
    for (let tries = 0; tries < 1_200; tries++) {
      const state = await harness.virsh("domstate", guestId, "--reason");
      if (/paused.*I\/O error/.test(state)) return;
      await delay(50);
    }
    throw new Error("it never stood still");
  }
});
