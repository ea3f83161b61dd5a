/** What is sampled of a real guest, against what virsh and /proc say of it. */
import { readFile } from "node:fs/promises";
import type { GuestSample } from "@madang/core/wire/metrics";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LibvirtHarness, libvirtHarness } from "../testing/libvirt-harness.ts";
import { readAll, terminal } from "../testing/terminal.ts";
import { until } from "../testing/until.ts";

let harness: LibvirtHarness;
beforeAll(async () => {
  harness = await libvirtHarness();
});
afterAll(() => harness?.close());

const signal = () => AbortSignal.timeout(240_000);
/** USER_HZ */
const ticksPerSecond = 100;

/** User and system time of a process, µs. */
async function cpuOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return ((Number(fields[11]) + Number(fields[12])) * 1_000_000) / ticksPerSecond;
}

async function figures(guestId: string): Promise<Map<string, string>> {
  const shown = await harness.virsh("domstats", guestId);
  return new Map(shown.split("\n").map((line) => line.trim().split("=") as [string, string]));
}

test("a guest that burns CPU and writes shows it, as virsh and /proc do", async () => {
  const { driver } = harness;
  const order = harness.order();
  const { guestId } = order.spec;
  const sample = async (): Promise<GuestSample> => {
    const found = (await driver.sample()).find((one) => one.guestId === guestId);
    if (!found) throw new Error("not sampled");
    return found;
  };
  await driver.ensure(order, { signal: signal() });
  const pid = await harness.pid(guestId);
  const log = async () => readAll(await driver.console(guestId, "log", signal()));
  await until("its boot", async () => /MADANG-READY/.test(await log()));
  const line = terminal(await driver.console(guestId, "serial", signal()));
  await harness.login(line);

  const before = { proc: await cpuOf(pid), sample: await sample() };
  line.type("dd if=/dev/zero of=/burnt bs=4096 count=512; sync; while :; do :; done &\r");
  await until("two seconds of CPU", async () => (await cpuOf(pid)) - before.proc > 2_000_000);
  await until("its writes", async () => {
    const [disk] = (await sample()).disks;
    return (disk?.writtenBytes ?? 0) >= (before.sample.disks[0]?.writtenBytes ?? 0) + 512 * 4096;
  });
  const low = await cpuOf(pid);
  const after = await sample();
  const high = await cpuOf(pid);
  // Both round down: /proc to 10 ms; the sample's own time is taken thread by thread.
  expect(after.cpuUs).toBeGreaterThanOrEqual(low - 100_000);
  expect(after.cpuUs).toBeLessThanOrEqual(high + 100_000);
  expect(after.cpuUs - before.sample.cpuUs).toBeGreaterThan(1_900_000);

  line.type("kill %1; sync\r");
  const said = await until("a quiet guest", async () => {
    const [mine, theirs] = [await sample(), await figures(guestId)];
    return String(mine.disks[0]?.writtenBytes) === theirs.get("block.0.wr.bytes") && { mine, theirs };
  });
  const { mine, theirs } = said;
  const [disk] = mine.disks;
  expect(disk?.name).toBe(theirs.get("block.0.name"));
  expect(disk?.readBytes).toBe(Number(theirs.get("block.0.rd.bytes")));
  expect(disk?.reads).toBe(Number(theirs.get("block.0.rd.reqs")));
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const resident = Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]);
  expect(Math.abs((mine.residentKib ?? 0) - resident)).toBeLessThan(resident / 5);
  line.close();
  await driver.remove(guestId, signal());
});

test("what is not ours is not told of", async () => {
  const { guestId } = await harness.makeForeign();
  expect((await harness.virsh("list", "--uuid")).split("\n")).toContain(guestId);
  expect(await harness.driver.sample()).toEqual([]);
});
