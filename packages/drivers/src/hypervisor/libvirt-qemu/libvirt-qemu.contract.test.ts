/** What only libvirt with QEMU promises: how a guest is caged, what its files are, what a restart of libvirtd does. */
import { execFile } from "node:child_process";
import { readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { qemuUid } from "../../disk/owned-file.ts";
import type { GuestOrder } from "../driver.ts";
import { createHypervisorDriver } from "../registry.ts";
import { type LibvirtHarness, libvirtHarness } from "../testing/libvirt-harness.ts";
import { testOrder } from "../testing/order.ts";
import { readAll, terminal } from "../testing/terminal.ts";
import { until } from "../testing/until.ts";
import { guestFiles } from "./guest-files.ts";
import { readSerialLog } from "./serial-log.ts";

const exec = promisify(execFile);
const mib = 1024 ** 2;
const gib = 1024 ** 3;

describe("a guest under libvirt and QEMU", () => {
  let harness: LibvirtHarness;
  let order: GuestOrder;
  let guestId: string;
  const signal = () => AbortSignal.timeout(240_000);
  const ensure = (change: Partial<GuestOrder["spec"]> = {}) =>
    harness.driver.ensure(
      { ...order, spec: { ...order.spec, ...change } },
      { signal: signal(), shutdownGraceMs: 60_000 },
    );
  const files = () => guestFiles(harness.instancesDir, guestId);
  const log = async () => (await readSerialLog(files().serialLog)).toString("latin1");
  const booted = (mark: RegExp) => until(String(mark), async () => mark.test(await log()));

  beforeAll(async () => {
    harness = await libvirtHarness();
    const userData = Buffer.from("#!/bin/sh\necho USER-DATA-RAN > /dev/ttyS0\n");
    const keys = [{ name: "laptop", publicKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEJyYXZl kim@laptop" }];
    const hostname = `a<b>&"c'`;
    order = testOrder({
      ...harness.order().spec,
      imagePath: harness.imagePath,
      userData,
      keys,
      diskGib: 1,
      hostname,
    });
    guestId = order.spec.guestId;
    await ensure();
  });
  afterAll(() => harness?.close());

  it("is caged: own uid, no capabilities, no new privileges, seccomp", async () => {
    const status = await readFile(`/proc/${await harness.pid(guestId)}/status`, "utf8");
    expect(status).toMatch(new RegExp(`^Uid:\\s+${[1, 2, 3, 4].map(() => qemuUid).join("\\s+")}$`, "m"));
    expect(status).toMatch(new RegExp(`^Gid:\\s+${[1, 2, 3, 4].map(() => qemuUid).join("\\s+")}$`, "m"));
    expect(status).toMatch(/^CapEff:\s+0+$/m);
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
    expect(status).toMatch(/^Seccomp:\s+2$/m);
  });

  it("has no TCP or UDP socket, and its command line names none", async () => {
    const pid = await harness.pid(guestId);
    const { stdout } = await exec("ss", ["-H", "-a", "-n", "-p", "-t", "-u"]);
    expect(stdout).not.toContain(`pid=${pid},`);
    const command = (await readFile(`/proc/${pid}/cmdline`, "utf8")).split("\0");
    expect(command).not.toContain("-netdev");
    expect(command.filter((part) => /0\.0\.0\.0|127\.0\.0\.1|port=59|tcp:/.test(part))).toEqual([]);
    expect(command[command.indexOf("-vnc") + 1]).toMatch(/^vnc=unix:/);
  });

  it("keeps a hostile name a name", async () => {
    expect(await harness.driver.observe(guestId)).toMatchObject({ name: order.spec.hostname });
    expect(await harness.virsh("metadata", guestId, "urn:madang:guest:1")).toContain("a&lt;b&gt;&amp;");
  });

  it("reads its image and can't write it; its disk is an overlay of the right size", async () => {
    const { disk, base, configDrive, serialLog } = files();
    const { stdout } = await exec("qemu-img", ["info", "-U", "--output=json", disk]);
    const info = JSON.parse(stdout);
    expect(info).toMatchObject({ format: "qcow2", "virtual-size": gib, "backing-filename-format": "qcow2" });
    expect(info["full-backing-filename"]).toBe(base);
    const asQemu = { uid: qemuUid, gid: qemuUid };
    for (const path of [base, configDrive]) {
      await exec("test", ["-r", path], asQemu);
      await expect(exec("test", ["-w", path], asQemu)).rejects.toThrow();
    }
    await exec("test", ["-w", disk], asQemu);
    await expect(exec("test", ["-r", serialLog], asQemu)).rejects.toThrow();
    expect((await stat(base)).ino).toBe((await stat(harness.imagePath)).ino);
  });

  it("was given its name, its key, its user data and its password", async () => {
    await booted(/MADANG-READY/);
    await booted(/USER-DATA-RAN/);
    const line = terminal(await harness.driver.console(guestId, "serial", signal()));
    await harness.login(line);
    line.type("cat /root/.ssh/authorized_keys\r");
    await line.see(/ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEJyYXZl/);
    line.type("echo disk=$(cat /sys/block/vda/size)\r");
    await line.see(new RegExp(`disk=${gib / 512}`));
    line.close();
  });

  it("cannot fill the host's disk through its serial line", async () => {
    const line = terminal(await harness.driver.console(guestId, "serial", signal()));
    line.type("\r");
    await line.see(/# /);
    line.type(
      "yes 0123456789012345678901234567890123456789012345678901234567 | head -c 1500000; echo END-$((6*7))\r",
    );
    await line.see(/END-42/);
    line.close();
    await booted(/END-42/);
    const sizes = await Promise.all(
      [files().serialLog, `${files().serialLog}.0`].map(async (path) => (await stat(path)).size),
    );
    for (const size of sizes) expect(size).toBeLessThanOrEqual(256 * 1024);
    await expect(stat(`${files().serialLog}.1`)).rejects.toThrow("ENOENT");
    const tail = await readAll(await harness.driver.console(guestId, "log", signal()));
    expect(tail.length).toBeGreaterThan(200 * 1024);
    expect(tail.length).toBeLessThanOrEqual(512 * 1024);
    expect(tail).toContain("END-42");
  });

  it("outlives libvirtd, and the driver finds it again by itself", async () => {
    const pid = await harness.pid(guestId);
    const hints: string[] = [];
    const unwatch = harness.driver.watch((hint) => hints.push(hint));
    await harness.restart("libvirtd");
    await until("a hint after the reconnect", async () => hints.includes(guestId));
    unwatch();
    const seen = await until("the driver to answer", () => harness.driver.observe(guestId).catch(() => null));
    expect(seen).toMatchObject({ observed: "running", stopCause: null });
    expect(await harness.pid(guestId)).toBe(pid);
    expect(await ensure()).toMatchObject({ observed: "running" });
    expect(await harness.pid(guestId)).toBe(pid);
    const line = terminal(await harness.driver.console(guestId, "serial", signal()));
    line.type("\recho still-$((40+1))\r");
    await line.see(/still-41/);
    line.close();
  });

  it("is described by a new driver on a new libvirtd just as before", async () => {
    const before = await harness.driver.describe(guestId);
    expect(before).toMatchObject({ instanceId: order.spec.instanceId, hostname: order.spec.hostname });
    await harness.restart("libvirtd");
    const { libvirtDir, instancesDir, log: quiet } = harness;
    const options = { libvirtDir, instancesDir, virtType: "qemu" as const, log: quiet };
    const driver = await createHypervisorDriver("libvirt-qemu", options);
    expect(await driver.describe(guestId)).toEqual(before);
    await driver.close();
    const { mode } = await stat(files().body);
    expect(mode & 0o777).toBe(0o600);
    await until("the driver to answer", () => harness.driver.observe(guestId).catch(() => null));
  });

  it("has daemons that a later start finds by their pid files, and takes no other process for them", async () => {
    for (const { running, pidFile } of harness.processes) {
      const pid = await readFile(pidFile, "utf8");
      expect(await running()).toBe(Number(pid));
      await writeFile(pidFile, String(process.pid));
      expect(await running()).toBeNull();
      await writeFile(pidFile, pid);
    }
  });

  it("gets a larger disk with a larger flavor, at the next start", async () => {
    await ensure({ desired: "stopped" });
    await ensure({ diskGib: 2 });
    const { stdout } = await exec("qemu-img", ["info", "-U", "--output=json", files().disk]);
    expect(JSON.parse(stdout)["virtual-size"]).toBe(2 * gib);
    expect(await harness.virsh("domstate", guestId)).toBe("running");
  });

  it("that somebody destroyed by hand is off, and is started again with its own disk", async () => {
    await harness.virsh("destroy", guestId);
    expect(await harness.driver.observe(guestId)).toMatchObject({
      observed: "stopped",
      stopCause: "destroyed",
    });
    const { ino } = await stat(files().disk);
    expect(await ensure({ diskGib: 2 })).toMatchObject({ observed: "running" });
    expect((await stat(files().disk)).ino).toBe(ino);
  });

  it("that somebody undefined while it ran goes on, is stopped and started, and is defined again", async () => {
    const { ino } = await stat(files().disk);
    await harness.virsh("undefine", guestId);
    expect(await harness.virsh("dominfo", guestId)).toMatch(/^Persistent:\s+no$/m);
    expect(await harness.driver.observe(guestId)).toMatchObject({ observed: "running" });
    expect(await ensure({ diskGib: 2 })).toMatchObject({ observed: "running" });
    expect(await harness.virsh("dominfo", guestId)).toMatch(/^Persistent:\s+yes$/m);
    await harness.virsh("undefine", guestId);
    expect(await ensure({ diskGib: 2, desired: "stopped" })).toMatchObject({ observed: "stopped" });
    expect(await harness.virsh("domstate", guestId)).toBe("shut off");
    expect(await ensure({ diskGib: 2 })).toMatchObject({ observed: "running" });
    expect((await stat(files().disk)).ino).toBe(ino);
  });

  it("that somebody destroyed and undefined is listed by its disk, and comes back with it", async () => {
    const { ino } = await stat(files().disk);
    await harness.virsh("undefine", guestId);
    await harness.virsh("destroy", guestId);
    expect(await harness.driver.observe(guestId)).toBeNull();
    expect(await harness.driver.list()).toMatchObject([{ guestId, observed: "stopped" }]);
    expect(await ensure({ diskGib: 2 })).toMatchObject({ observed: "running" });
    expect((await stat(files().disk)).ino).toBe(ino);
  });

  it("whose disk is removed while it runs is not rebooted into its loss; what is put back is taken", async () => {
    const aside = `${harness.imagePath}.aside`;
    const pid = await harness.pid(guestId);
    await rename(files().disk, aside);
    const lost = { options: { reason: "DiskLost", retry: "never" } };
    await expect(ensure({ diskGib: 2, rebootSeq: 1 })).rejects.toMatchObject(lost);
    expect(await harness.pid(guestId)).toBe(pid);
    process.kill(pid, "SIGKILL");
    await until("its end", async () => (await harness.virsh("domstate", guestId)) === "shut off");
    await expect(ensure({ diskGib: 2 })).rejects.toMatchObject(lost);
    await harness.virsh("undefine", guestId);
    await rm(files().folder, { recursive: true });
    // Nothing on the hypervisor tells of it any more but the agent's memory.
    const remembered = { ...order, made: true };
    await expect(harness.driver.ensure(remembered, { signal: signal() })).rejects.toMatchObject(lost);
    await expect(stat(files().disk)).rejects.toThrow("ENOENT");
    await rename(aside, files().disk);
    expect(await harness.driver.ensure(remembered, { signal: signal() })).toMatchObject({
      observed: "running",
    });
  });

  it("is removed although its disk is gone", async () => {
    await rm(files().disk);
    await harness.driver.remove(guestId, signal());
    expect(await harness.leftovers(guestId)).toEqual([]);
  });
});

describe("a hypervisor with a full disk", () => {
  it("says so, and that another may have room", async () => {
    const harness = await libvirtHarness();
    const instancesDir = join(harness.instancesDir, "small");
    try {
      await exec("mkdir", ["-p", instancesDir]);
      await exec("mount", ["-t", "tmpfs", "-o", "size=2m,mode=711", "none", instancesDir]);
      const options = { libvirtDir: harness.libvirtDir, instancesDir, virtType: "qemu" as const };
      const { log } = harness;
      const driver = await createHypervisorDriver("libvirt-qemu", { ...options, log });
      const order = harness.order();
      const attempt = driver.ensure(order, { signal: AbortSignal.timeout(60_000) });
      // The image is on another file system, so it must be copied, and 18 MiB do not fit.
      expect((await stat(harness.imagePath)).size).toBeGreaterThan(2 * mib);
      await expect(attempt).rejects.toMatchObject({
        code: "Unavailable",
        options: { reason: "DiskFull", retry: "elsewhere" },
      });
      expect(await driver.list()).toEqual([]);
      await driver.remove(order.spec.guestId, AbortSignal.timeout(60_000));
      expect(await harness.leftovers(order.spec.guestId)).toEqual([]);
      await driver.close();
    } finally {
      await exec("umount", [instancesDir]).catch(() => {});
      await harness.close();
    }
  });
});
