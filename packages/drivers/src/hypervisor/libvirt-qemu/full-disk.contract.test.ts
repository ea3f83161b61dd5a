/** A guest whose hypervisor runs out of disk space in the middle of its writing, on a real small file system. */
import { execFile } from "node:child_process";
import { chmod, mkdtemp, rm, rmdir, statfs, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GuestOrder } from "../driver.ts";
import { type LibvirtHarness, libvirtHarness } from "../testing/libvirt-harness.ts";
import { terminal } from "../testing/terminal.ts";
import { until } from "../testing/until.ts";

const exec = promisify(execFile);
const mib = 1024 ** 2;
const sizeMib = 256;
const leftMib = 24;

describe("guests on a disk that fills up", () => {
  let small: string;
  let usual: string | undefined;
  let harness: LibvirtHarness;
  let writer: GuestOrder;
  let other: GuestOrder;
  const signal = () => AbortSignal.timeout(240_000);
  const ensure = (order: GuestOrder) => harness.driver.ensure(order, { signal: signal() });
  const console = async ({ spec }: GuestOrder) =>
    terminal(await harness.driver.console(spec.guestId, "serial", signal()));

  beforeAll(async () => {
    small = await mkdtemp(join(tmpdir(), "madang-small-"));
    await exec("mount", ["-t", "tmpfs", "-o", `size=${sizeMib}m,mode=711`, "none", small]);
    await chmod(small, 0o711);
    usual = process.env.TMPDIR;
    process.env.TMPDIR = small;
    harness = await libvirtHarness();
    [writer, other] = [harness.order(), harness.order()];
    writer.spec.diskGib = 1;
    await Promise.all([ensure(writer), ensure(other)]);
  });
  afterAll(async () => {
    await harness?.close();
    if (usual === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = usual;
    await exec("umount", [small]);
    await rmdir(small);
  });

  it("says which guest is paused and why, leaves the others alone, and lets it go on when there is room", async () => {
    const [line, quiet] = [await console(writer), await console(other)];
    await harness.login(line);
    await harness.login(quiet);
    const { bavail, bsize } = await statfs(small);
    const filler = join(small, "filler");
    await writeFile(filler, Buffer.alloc(bavail * bsize - leftMib * mib, 1));
    line.type("dd if=/dev/urandom of=/dev/vda bs=1M seek=200 count=60 conv=fsync; echo WRITTEN-$((6*7))\r");

    const { guestId } = writer.spec;
    const seen = await until("the guest to be paused", async () => {
      const now = await harness.driver.observe(guestId);
      return now?.halted ? now : null;
    });
    expect(seen).toMatchObject({ observed: "running", halted: true });
    expect(await harness.virsh("domstate", guestId, "--reason")).toContain("I/O error");
    await expect(ensure(writer)).rejects.toMatchObject({
      code: "Unavailable",
      options: { reason: "GuestHalted", retry: "later" },
    });
    const rest = join(small, "rest");
    await exec("dd", ["if=/dev/zero", `of=${rest}`, "bs=4k"]).catch(() => {});
    const late = harness.order();
    await expect(ensure(late)).rejects.toMatchObject({
      code: "Unavailable",
      options: { reason: "DiskFull", retry: "elsewhere" },
    });
    await harness.driver.remove(late.spec.guestId, signal());
    expect(await harness.leftovers(late.spec.guestId)).toEqual([]);

    quiet.type("echo still-$((40+1))\r");
    await quiet.see(/still-41/);
    expect(await harness.driver.observe(other.spec.guestId)).not.toHaveProperty("halted");

    const pid = await harness.pid(guestId);
    await rm(rest);
    await rm(filler);
    expect(await ensure(writer)).toMatchObject({ observed: "running" });
    await line.see(/WRITTEN-42/);
    expect(await harness.pid(guestId)).toBe(pid);
    expect(await harness.driver.observe(guestId)).not.toHaveProperty("halted");
    line.close();
    quiet.close();
  });
});
