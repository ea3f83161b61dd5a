/**
 * What every hypervisor driver must do. Run over all registered drivers; a case is skipped only by a declared
 * capability. The harness brings what a driver cannot say about itself: an oracle that does not ask the driver.
 */
import { randomUUID } from "node:crypto";
import { stat } from "node:fs/promises";
import type { Duplex } from "node:stream";
import { CloudError } from "@madang/core/errors";
import { guestBody } from "@madang/core/wire/guest";
import { guestSample } from "@madang/core/wire/metrics";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EnsureOptions, GuestOrder, HypervisorDriver } from "./driver.ts";
import { readAll, type Terminal, terminal } from "./testing/terminal.ts";
import { until } from "./testing/until.ts";

export type Seen = {
  running: boolean;
  vcpus: number;
  ramMib: number;
  /** Differs from one start to the next. */
  life: string | null;
};

export type HypervisorHarness = {
  driver: HypervisorDriver;
  /** A new guest with ids of its own. */
  order(): GuestOrder;
  /** What the oracle finds; null when it finds no such guest. */
  look(guestId: string): Promise<Seen | null>;
  /** Brings the serial line of a booted guest to a shell prompt. */
  login(console: Terminal): Promise<void>;
  /** Ends the guest as a crash of its process would. */
  kill(guestId: string): Promise<void>;
  /** Makes a running guest that is not ours, with files that nobody may touch. */
  makeForeign(): Promise<{ guestId: string; files: string[] }>;
  /** Deletes the guest's disk behind the driver's back. */
  loseDisk(guestId: string): Promise<void>;
  /** Files, processes and definitions that are still there, by name. */
  leftovers(guestId: string): Promise<string[]>;
  close(): Promise<void>;
};

const prompt = /# /;
const ready = /MADANG-READY/g;

export function hypervisorContract(name: string, makeHarness: () => Promise<HypervisorHarness>): void {
  describe(`the hypervisor driver ${name}`, () => {
    let harness: HypervisorHarness;
    let driver: HypervisorDriver;
    beforeAll(async () => {
      harness = await makeHarness();
      driver = harness.driver;
    });
    afterAll(() => harness?.close());

    const how = (more: Partial<EnsureOptions> = {}): EnsureOptions => ({
      signal: AbortSignal.timeout(240_000),
      shutdownGraceMs: 60_000,
      ...more,
    });
    const ensure = (order: GuestOrder, change: Partial<GuestOrder["spec"]> = {}) =>
      driver.ensure({ ...order, spec: { ...order.spec, ...change } }, how());
    const remove = (guestId: string) => driver.remove(guestId, AbortSignal.timeout(240_000));
    const evict = (guestId: string) => driver.evict(guestId, AbortSignal.timeout(240_000));
    const open = (guestId: string, kind: "vnc" | "serial" | "log"): Promise<Duplex> =>
      driver.console(guestId, kind, AbortSignal.timeout(60_000));
    const boots = async (guestId: string) =>
      ((await readAll(await open(guestId, "log"))).match(ready) ?? []).length;
    const booted = (guestId: string, times = 1) =>
      until(`${times} boots of ${guestId}`, async () => (await boots(guestId)) >= times);
    const shell = async (guestId: string): Promise<Terminal> => {
      await booted(guestId);
      const line = terminal(await open(guestId, "serial"));
      await harness.login(line);
      return line;
    };
    const rejection = async (attempt: Promise<unknown>): Promise<CloudError> => {
      const error = await attempt.then(
        () => null,
        (reason: unknown) => reason,
      );
      if (error instanceof CloudError) return error;
      throw new Error(`expected a CloudError, got ${error}`);
    };

    it("has an inventory", async () => {
      const inventory = await driver.inventory();
      expect(inventory.vcpus).toBeGreaterThan(0);
      expect(inventory.ramMib).toBeGreaterThan(0);
    });

    it("ensures twice and starts once, removes twice and leaves nothing", async () => {
      const order = harness.order();
      const { guestId, hostname } = order.spec;
      expect(await driver.observe(guestId)).toBeNull();
      const phases: string[] = [];
      const first = await driver.ensure(order, how({ onPhase: (phase) => phases.push(phase) }));
      const { nics = [], disks = [], ...shown } = first;
      expect(shown).toEqual({ guestId, name: hostname, observed: "running", stopCause: null, rebootSeq: 0 });
      expect(nics).toEqual([]);
      expect(disks).toEqual([]);
      expect(phases).toContain("starting");
      const life = (await harness.look(guestId))?.life;
      expect(life).toBeTruthy();
      expect(await ensure(order)).toEqual(first);
      expect(await driver.observe(guestId)).toEqual(first);
      expect(await driver.list()).toContainEqual(first);
      expect(await harness.look(guestId)).toMatchObject({ running: true, life });
      await remove(guestId);
      await remove(guestId);
      expect(await harness.look(guestId)).toBeNull();
      expect(await driver.observe(guestId)).toBeNull();
      expect((await driver.list()).filter((guest) => guest.guestId === guestId)).toEqual([]);
      expect(await harness.leftovers(guestId)).toEqual([]);
    });

    it("removes what was never there", async () => {
      await remove(randomUUID());
    });

    it("prepares a guest that is to be stopped, and starts it later", async () => {
      const order = harness.order();
      const { guestId } = order.spec;
      expect(await ensure(order, { desired: "stopped" })).toMatchObject({ observed: "stopped" });
      expect(await ensure(order, { desired: "stopped" })).toMatchObject({ observed: "stopped" });
      expect(await harness.look(guestId)).toMatchObject({ running: false });
      expect((await rejection(open(guestId, "serial"))).code).toBe("InvalidState");
      expect(await ensure(order)).toMatchObject({ observed: "running", stopCause: null });
      expect(await harness.look(guestId)).toMatchObject({ running: true });
      await remove(guestId);
    });

    it.for(["preparing-disk", "starting"])("is aborted while %s, and then ensured", async (when, context) => {
      context.skip(when === "preparing-disk" && !driver.capabilities.realDisks, "has no disks");
      const order = harness.order();
      const { guestId } = order.spec;
      const abort = new AbortController();
      const reached: string[] = [];
      const onPhase = (phase: string) => {
        reached.push(phase);
        if (phase === when) abort.abort();
      };
      // Aborting the last step may come too late to stop it; being half done afterwards is what must not be.
      await driver.ensure(order, how({ signal: abort.signal, onPhase })).catch((error: unknown) => {
        if (!abort.signal.aborted) throw error;
      });
      expect(reached).toContain(when);
      expect(await ensure(order)).toMatchObject({ observed: "running" });
      await booted(guestId);
      expect((await driver.list()).filter((guest) => guest.guestId === guestId)).toHaveLength(1);
      await remove(guestId);
      expect(await harness.leftovers(guestId)).toEqual([]);
    });

    it("refuses to begin for somebody who has gone", async () => {
      const order = harness.order();
      const gone = AbortSignal.abort(new Error("gone"));
      await expect(driver.ensure(order, how({ signal: gone }))).rejects.toThrow("gone");
      expect(await harness.look(order.spec.guestId)).toBeNull();
    });

    it("runs two guests at once", async () => {
      const orders = [harness.order(), harness.order()];
      const seen = await Promise.all(orders.map((order) => ensure(order)));
      expect(seen.map((guest) => guest.observed)).toEqual(["running", "running"]);
      await Promise.all(orders.map(({ spec }) => booted(spec.guestId)));
      await Promise.all(orders.map(({ spec }) => remove(spec.guestId)));
      expect((await driver.list()).length).toBe(0);
    });

    it("takes a changed spec at the next start", async () => {
      const order = harness.order();
      const { guestId, ramMib } = order.spec;
      await ensure(order);
      await booted(guestId);
      const stopped = await ensure(order, { desired: "stopped" });
      // Ordered, so it must not look as if the guest had powered itself off.
      expect(stopped).toMatchObject({ observed: "stopped", stopCause: "destroyed" });
      await ensure(order, { vcpus: 2, ramMib: ramMib + 32 });
      expect(await harness.look(guestId)).toMatchObject({ running: true, vcpus: 2, ramMib: ramMib + 32 });
      await booted(guestId, 2);
      await remove(guestId);
    });

    it.for(["soft", "hard"] as const)("reboots once (%s), however often it is told", async (rebootKind) => {
      const order = harness.order();
      const { guestId } = order.spec;
      await ensure(order);
      await booted(guestId);
      const again = { rebootSeq: 1, rebootKind };
      expect(await ensure(order, again)).toMatchObject({ observed: "running", rebootSeq: 1 });
      const life = (await harness.look(guestId))?.life;
      await Promise.all([ensure(order, again), ensure(order, again)]);
      // A late repetition of the order before it changes nothing either.
      expect(await ensure(order)).toMatchObject({ rebootSeq: 1 });
      await booted(guestId, 2);
      expect(await boots(guestId)).toBe(2);
      expect((await harness.look(guestId))?.life).toBe(life);
      await remove(guestId);
    });

    it("lists what is not ours, leaves it, and removes it only when told to evict it", async (context) => {
      context.skip(!driver.capabilities.realDisks, "nobody else can be in a simulator");
      const { guestId: foreign, files } = await harness.makeForeign();
      const mine = async () => (await driver.list()).filter((guest) => guest.guestId === foreign);
      expect(await mine()).toMatchObject([{ name: "foreign", observed: "running" }]);
      expect(await driver.observe(foreign)).toBeNull();
      expect(await driver.describe(foreign)).toBeNull();
      expect((await rejection(remove(foreign))).code).toBe("Conflict");
      expect(await harness.look(foreign)).toMatchObject({ running: true });
      await evict(foreign);
      await evict(foreign);
      expect(await harness.look(foreign)).toBeNull();
      expect(await mine()).toEqual([]);
      for (const file of files) expect((await stat(file)).isFile()).toBe(true);
    });

    it("starts nothing that has neither an image nor a volume to boot from", async () => {
      const order = harness.order();
      const { guestId } = order.spec;
      expect((await ensure(order, { image: null, desired: "stopped" })).observed).toBe("stopped");
      const refused = await rejection(ensure(order, { image: null }));
      expect(refused.options).toMatchObject({ reason: "NothingToBoot", retry: "never" });
      expect(await driver.observe(guestId)).toMatchObject({ observed: "stopped" });
      // Without its volumes, which nobody would know, it can't be taken over.
      expect(await driver.describe(guestId)).toBeNull();
      await remove(guestId);
      expect(await harness.leftovers(guestId)).toEqual([]);
    });

    it("describes a guest as it was last ensured, and forgets it with the guest", async () => {
      const order = harness.order();
      const { guestId } = order.spec;
      expect(await driver.describe(guestId)).toBeNull();
      await ensure(order, { desired: "stopped" });
      expect(await driver.describe(guestId)).toEqual(guestBody.parse(order.spec));
      await ensure(order, { generation: 2 });
      const later = { generation: 5, instanceId: randomUUID(), projectId: randomUUID() };
      await ensure(order, later);
      expect(await driver.describe(guestId)).toEqual(guestBody.parse({ ...order.spec, ...later }));
      expect(JSON.stringify(await driver.describe(guestId))).not.toContain("$6$");
      await evict(guestId);
      expect(await driver.describe(guestId)).toBeNull();
      expect(await harness.look(guestId)).toBeNull();
      expect(await harness.leftovers(guestId)).toEqual([]);
    });

    it("connects several viewers to one serial line, and replays to the second", async (context) => {
      context.skip(!driver.capabilities.serialConsole);
      const order = harness.order();
      const { guestId } = order.spec;
      await ensure(order);
      const one = await shell(guestId);
      one.type("echo count-$((40+2))\r");
      await one.see(driver.capabilities.realDisks ? /\ncount-42/ : /\ncount-\$\(\(40\+2\)\)/);
      const two = terminal(await open(guestId, "serial"));
      await two.see(/MADANG-READY/);
      two.type("echo from-the-other\r");
      await Promise.all([one.see(/\nfrom-the-other/), two.see(/\nfrom-the-other/)]);
      one.close();
      two.type("hostname\r");
      await two.see(new RegExp(`\n${order.spec.hostname}`));
      await two.see(prompt);
      two.close();
      const log = await until("the log to have it", async () => {
        const text = await readAll(await open(guestId, "log"));
        return text.includes("from-the-other") && text;
      });
      expect(log).toContain("MADANG-READY");
      await remove(guestId);
    });

    it("shows the screen", async (context) => {
      context.skip(!driver.capabilities.graphicalConsole);
      const order = harness.order();
      await ensure(order);
      const screen = terminal(await open(order.spec.guestId, "vnc"));
      await screen.see(/^RFB 003\.008\n/);
      screen.close();
      await remove(order.spec.guestId);
    });

    it("knows no console of a guest that is not there", async () => {
      for (const kind of ["vnc", "serial", "log"] as const) {
        expect((await rejection(open(randomUUID(), kind))).code).toBe("NotFound");
      }
    });

    it("tells when the guest powers itself off, hints at it, and starts it again", async () => {
      const order = harness.order();
      const { guestId } = order.spec;
      await ensure(order);
      const line = await shell(guestId);
      const hints = new Set<string>();
      const unwatch = driver.watch((hint) => hints.add(hint));
      line.type("poweroff\r");
      const off = await until("the power-off", async () => {
        const seen = await driver.observe(guestId);
        return seen?.observed === "stopped" && seen;
      });
      expect(off.stopCause).toBe("shutdown");
      await until("a hint", async () => hints.has(guestId));
      unwatch();
      expect(await harness.look(guestId)).toMatchObject({ running: false });
      expect(await ensure(order)).toMatchObject({ observed: "running", stopCause: null });
      await booted(guestId, 2);
      await remove(guestId);
    });

    it("samples what runs, with another life after each start, and nothing else", async () => {
      const order = harness.order();
      const { guestId } = order.spec;
      const sampled = async () => (await driver.sample()).filter((sample) => sample.guestId === guestId);
      await ensure(order, { desired: "stopped" });
      expect(await sampled()).toEqual([]);
      await ensure(order);
      await booted(guestId);
      const [first] = await sampled();
      const [later] = await sampled();
      if (!first || !later) throw new Error("a running guest was not sampled");
      expect(guestSample.parse(first)).toEqual(first);
      expect(later.life).toBe(first.life);
      expect(later.cpuUs).toBeGreaterThanOrEqual(first.cpuUs);
      expect(first.disks.map(({ name }) => name)).toContain("vda");
      await harness.kill(guestId);
      await until("the crash", async () => (await sampled()).length === 0);
      await ensure(order);
      const [again] = await sampled();
      expect(again?.life).not.toBe(first.life);
      await remove(guestId);
      expect(await sampled()).toEqual([]);
    });

    it("tells a crash, and brings the guest back", async () => {
      const order = harness.order();
      const { guestId } = order.spec;
      await ensure(order);
      await booted(guestId);
      await harness.kill(guestId);
      const off = await until("the crash", async () => {
        const seen = await driver.observe(guestId);
        return seen?.observed === "stopped" && seen;
      });
      expect(["crashed", "destroyed"]).toContain(off.stopCause);
      await ensure(order);
      await booted(guestId, 2);
      await remove(guestId);
      expect(await harness.leftovers(guestId)).toEqual([]);
    });

    it("reports a lost disk and puts no new one in its place", async () => {
      const order = harness.order();
      const { guestId } = order.spec;
      await ensure(order, { desired: "stopped" });
      await harness.loseDisk(guestId);
      for (const desired of ["running", "stopped"] as const) {
        expect((await rejection(ensure(order, { desired }))).toPublic()).toMatchObject({
          reason: "DiskLost",
        });
      }
      expect(await harness.look(guestId)).toMatchObject({ running: false });
      await remove(guestId);
      expect(await harness.leftovers(guestId)).toEqual([]);
    });
  });
}
