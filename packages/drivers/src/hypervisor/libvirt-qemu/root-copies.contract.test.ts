/**
 * The root disk of a guest that runs, copied while it writes on: what the copy holds is seen by qemu-img from outside, and by
 * a second guest that begins with it. One guest lives through all of it, in this order.
 */
import { execFile } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { chmod, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { guestImage } from "@madang/core/wire/guest";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { GuestOrder } from "../driver.ts";
import { type LibvirtHarness, libvirtHarness } from "../testing/libvirt-harness.ts";
import { type Terminal, terminal } from "../testing/terminal.ts";

const exec = promisify(execFile);
const mib = 1024 ** 2;
/** In the disk, behind everything of the image's own, MiB. */
const atMib = 200;

let harness: LibvirtHarness;
let order: GuestOrder;
let line: Terminal;
let copy: string;
const copyId = randomUUID();

const signal = () => AbortSignal.timeout(240_000);
const copies = () => harness.driver.rootCopies;
const diskOf = ({ spec }: GuestOrder) => join(harness.instancesDir, spec.guestId, "disk.qcow2");

let asked = 0;
async function ask(at: Terminal, command: string): Promise<string> {
  const mark = `M${asked++}`;
  at.type(`echo "${mark}-[$(${command})]-$((6*7))"\r`);
  const [, said = ""] = await at.see(new RegExp(`\\n${mark}-\\[([^\\]]*)\\]-42`));
  return said.trim();
}
const write = (text: string) =>
  ask(
    line,
    `yes ${text} | head -c 1048576 | dd of=/dev/vda bs=1M seek=${atMib} count=1 iflag=fullblock conv=fsync 2>/dev/null; sync; echo done`,
  );
const sum = (at: Terminal) =>
  ask(at, `dd if=/dev/vda bs=1M skip=${atMib} count=1 2>/dev/null | md5sum | cut -c1-32`);
const md5Of = (text: string) => createHash("md5").update(`${text}\n`.repeat(mib).slice(0, mib)).digest("hex");

async function boot(from: GuestOrder): Promise<Terminal> {
  await harness.driver.ensure(from, { signal: signal(), shutdownGraceMs: 20_000 });
  const opened = terminal(await harness.driver.console(from.spec.guestId, "serial", signal()));
  await opened.see(/MADANG-READY/);
  await harness.login(opened);
  return opened;
}

/** Snapshots inside the disk, as qemu-img sees them past QEMU's lock. */
async function tags(): Promise<string> {
  return (await exec("qemu-img", ["snapshot", "-U", "-l", diskOf(order)])).stdout;
}

const copyOut = (path: string) =>
  copies().write(order.spec.guestId, copyId, path, { signal: signal(), onPercent: () => {} });

beforeAll(async () => {
  harness = await libvirtHarness();
  const plain = harness.order();
  order = { ...plain, spec: { ...plain.spec, diskGib: 1 } };
  copy = join(harness.instancesDir, "..", "copy.qcow2");
  line = await boot(order);
}, 300_000);
afterAll(() => harness?.close(), 60_000);

it("holds what the guest had written when it was begun, and is let go of", async () => {
  expect(await write("before")).toBe("done");
  await copies().begin(order.spec.guestId, copyId, signal());
  await copies().begin(order.spec.guestId, copyId, signal());
  expect(await tags()).toContain(`copy-${copyId}`);
  expect(await write("afterwards")).toBe("done");
  await copyOut(copy);
  await copies().end(order.spec.guestId, copyId);
  await copies().end(order.spec.guestId, copyId);
  expect(await tags()).not.toContain("copy-");
  expect(await sum(line)).toBe(md5Of("afterwards"));
  const { stdout } = await exec("qemu-img", ["info", "--output=json", copy]);
  expect(JSON.parse(stdout)).toMatchObject({ "virtual-size": 1024 * mib, format: "qcow2" });
  expect(JSON.parse(stdout)).not.toHaveProperty("backing-filename");
}, 300_000);

it("is what a second guest begins with", async () => {
  const hash = createHash("sha256");
  await pipeline(createReadStream(copy), hash);
  await chmod(copy, 0o644);
  const { size: sizeBytes } = await stat(copy);
  const image = { sha256: hash.digest("hex"), sizeBytes, virtualSizeBytes: 1024 * mib, format: "qcow2" };
  const plain = harness.order();
  const second = { ...plain, spec: { ...plain.spec, image: guestImage.parse(image) }, imagePath: copy };
  const other = await boot(second);
  expect(await sum(other)).toBe(md5Of("before"));
  await harness.driver.remove(second.spec.guestId, signal());
}, 300_000);

it("is taken of a guest that is off, also when one was begun while it ran", async () => {
  expect(await write("at last")).toBe("done");
  await copies().begin(order.spec.guestId, copyId, signal());
  const off = { ...order, spec: { ...order.spec, desired: "stopped" as const } };
  await harness.driver.ensure(off, { signal: signal(), shutdownGraceMs: 20_000 });
  await copies().begin(order.spec.guestId, copyId, signal());
  await rm(copy);
  await copyOut(copy);
  await copies().end(order.spec.guestId, copyId);
  expect(await tags()).not.toContain("copy-");
  const raw = join(harness.instancesDir, "..", "part.raw");
  await exec("qemu-img", [
    "dd",
    "-f",
    "qcow2",
    "-O",
    "raw",
    "bs=1M",
    `skip=${atMib}`,
    `count=${atMib + 1}`,
    `if=${copy}`,
    `of=${raw}`,
  ]);
  const hash = createHash("md5");
  await pipeline(createReadStream(raw, { end: mib - 1 }), hash);
  expect(hash.digest("hex")).toBe(md5Of("at last"));
  const nobody = copies().begin(randomUUID(), copyId, signal());
  await expect(nobody).rejects.toMatchObject({ options: { reason: "SourceMissing" } });
}, 300_000);
