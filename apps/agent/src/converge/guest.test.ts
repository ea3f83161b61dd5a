import { CloudError } from "@madang/core/errors";
import type { GuestReport } from "@madang/core/wire/guest";
import PQueue from "p-queue";
import { describe, expect, it } from "vitest";
import { noDisks } from "../storage/disks.ts";
import { broken, guestId, spec } from "../testing/scripted-driver.ts";
import { soon, useFleet } from "../testing/scripted-fleet.ts";
import { openMemory } from "./memory.ts";

const bench = useFleet();
const { order, seen, die, restart, reported, start } = bench;

describe("a guest", () => {
  it("is started, acknowledged, stopped and removed", async () => {
    order(spec());
    await reported({ generation: 1, observed: "running", phase: null, fault: null });
    order(spec({ generation: 2, desired: "stopped" }));
    await reported({ generation: 2, observed: "stopped", stopCause: "destroyed" });
    order(spec({ generation: 3, desired: "absent" }));
    await reported({ generation: 3, observed: "absent" });
    expect(bench.driver.calls).toEqual(["ensure running", "ensure stopped", "remove"]);
  });

  it("is not acknowledged while the attempt is under way", async () => {
    order(spec());
    await reported({ generation: 1, observed: "running" });
    const held = Promise.withResolvers<void>();
    bench.driver.during = () => held.promise;
    order(spec({ generation: 2, desired: "stopped" }));
    await soon(() => expect(bench.driver.calls).toContain("ensure stopped"));
    expect(bench.fleet.report(guestId)).toMatchObject({ generation: 1, observed: "running" });
    held.resolve();
    await reported({ generation: 2, observed: "stopped" });
  });

  it("is let go at once when the newest order says absent", async () => {
    const started = Promise.withResolvers<AbortSignal>();
    bench.driver.during = (_order, signal) => {
      started.resolve(signal);
      return new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
      });
    };
    order(spec());
    const signal = await started.promise;
    order(spec({ generation: 2, desired: "absent" }));
    await reported({ generation: 2, observed: "absent", fault: null });
    expect(signal.aborted).toBe(true);
    expect(bench.driver.calls).toEqual(["ensure running", "remove"]);
  });

  it("is looked over again when the limits of its volumes changed under the same generation", async () => {
    const disk = { attachmentId: crypto.randomUUID(), volumeId: crypto.randomUUID(), readOnly: false };
    const given: unknown[] = [];
    bench.driver.during = async ({ spec: { disks } }) => void given.push(disks?.map(({ qos }) => qos));
    await bench.fleet.stop();
    bench.fleet = start({ disks: { ...noDisks(), connect: async () => [] } });
    order(spec({ disks: [{ ...disk, boot: false, qos: {} }] }));
    await reported({ generation: 1, observed: "running" });
    order(spec({ disks: [{ ...disk, boot: false, qos: { totalIops: 100 } }] }));
    await soon(() => expect(given).toEqual([[{}], [{ totalIops: 100 }]]));
  });

  it("ignores an order older than it has", async () => {
    order(spec({ generation: 5 }));
    await reported({ generation: 5, observed: "running" });
    order(spec({ generation: 4, desired: "absent" }));
    await bench.fleet.sweep();
    await reported({ generation: 5, observed: "running" });
    expect(bench.driver.calls).not.toContain("remove");
  });

  it("that powered itself off stays off, also for a new agent, until a newer order", async () => {
    order(spec());
    await reported({ generation: 1, observed: "running" });
    bench.driver.guests.set(guestId, { ...(await seen()), observed: "stopped", stopCause: "shutdown" });
    await bench.fleet.sweep();
    await reported({ generation: 1, observed: "stopped", stopCause: "shutdown" });
    await bench.fleet.stop();
    bench.memory = await openMemory(bench.directory);
    bench.fleet = start();
    order(spec());
    await reported({ generation: 1, observed: "stopped", stopCause: "shutdown" });
    expect(bench.driver.calls).toEqual(["ensure running"]);
    order(spec({ generation: 2 }));
    await reported({ generation: 2, observed: "running" });
  });

  it("is not spoken of by a new agent before it was seen", async () => {
    order(spec());
    await reported({ generation: 1, observed: "running" });
    await bench.fleet.stop();
    const held = Promise.withResolvers<void>();
    const observe = bench.driver.observe;
    bench.driver.observe = async (id) => {
      await held.promise;
      return observe(id);
    };
    bench.memory = await openMemory(bench.directory);
    bench.fleet = start();
    order(spec());
    expect(bench.fleet.reports()).toEqual([]);
    held.resolve();
    await reported({ generation: 1, observed: "running" });
  });

  it("that crashed is started again", async () => {
    order(spec());
    await reported({ observed: "running" });
    bench.driver.guests.set(guestId, { ...(await seen()), observed: "stopped", stopCause: "crashed" });
    await bench.fleet.sweep();
    await soon(() => expect(bench.driver.calls).toEqual(["ensure running", "ensure running"]));
    await reported({ observed: "running" });
  });

  it("is started again after a drain, though it shut down by itself then", async () => {
    order(spec());
    await reported({ observed: "running" });
    await bench.fleet.stop();
    await bench.memory.forgetRunning();
    bench.driver.guests.set(guestId, { ...(await seen()), observed: "stopped", stopCause: "shutdown" });
    bench.memory = await openMemory(bench.directory);
    bench.fleet = start();
    order(spec());
    await reported({ generation: 1, observed: "running" });
  });

  it("that keeps dying is started at once, then with back-off, and says why it is not there", async () => {
    order(spec());
    await reported({ observed: "running" });
    await die();
    await soon(() => expect(bench.driver.calls).toEqual(["ensure running", "ensure running"]));
    await reported({ observed: "running", fault: null });
    await die();
    await reported({
      observed: "stopped",
      fault: expect.objectContaining({
        reason: "guestKeepsDying",
        retry: "later",
        params: { deaths: 2, seconds: expect.any(Number) },
      }),
    });
    expect(bench.driver.calls).toHaveLength(2);
    await reported({ observed: "running", fault: null });
    expect(bench.driver.calls).toHaveLength(3);
  });

  it("that died waits no longer once it is ordered anew", async () => {
    order(spec());
    await reported({ observed: "running" });
    await die();
    await soon(() => expect(bench.driver.calls).toHaveLength(2));
    await reported({ observed: "running" });
    await die();
    await reported({ observed: "stopped", fault: expect.objectContaining({ reason: "guestKeepsDying" }) });
    order(spec({ generation: 2 }));
    await reported({ generation: 2, observed: "running", fault: null });
  });

  it("that is to be left when it dies stays off, also for a new agent, until a newer order", async () => {
    order(spec({ crashPolicy: "stop" }));
    await reported({ observed: "running" });
    await die();
    await reported({ generation: 1, observed: "stopped", stopCause: "destroyed", fault: null });
    await restart();
    order(spec({ crashPolicy: "stop" }));
    await reported({ generation: 1, observed: "stopped", stopCause: "destroyed" });
    expect(bench.driver.calls).toEqual(["ensure running"]);
    order(spec({ generation: 2, crashPolicy: "stop" }));
    await reported({ generation: 2, observed: "running" });
  });

  it("that is to be left when it dies is started again after a boot of the host, and never looks dead", async () => {
    order(spec({ crashPolicy: "stop" }));
    await reported({ observed: "running" });
    await bench.fleet.stop();
    bench.driver.guests.set(guestId, { ...(await seen()), observed: "stopped", stopCause: "unknown" });
    const said: (GuestReport | null)[] = [];
    await restart(crypto.randomUUID(), { onChange: () => said.push(bench.fleet.report(guestId)) });
    order(spec({ crashPolicy: "stop" }));
    await reported({ generation: 1, observed: "running" });
    expect(said.filter((report) => report?.observed === "stopped")).toEqual([]);
  });

  it("tells the driver when it was here before, so that what is missing is known to be lost", async () => {
    const made: boolean[] = [];
    bench.driver.during = async (asked) => void made.push(asked.made);
    order(spec());
    await reported({ observed: "running" });
    bench.driver.guests.delete(guestId);
    await restart();
    order(spec());
    await reported({ observed: "running" });
    order(spec({ generation: 2, desired: "absent" }));
    await reported({ generation: 2, observed: "absent" });
    order(spec({ generation: 3 }));
    await reported({ generation: 3, observed: "running" });
    expect(made).toEqual([false, true, false]);
  });
});

describe("a guest that fails", () => {
  it("for ever is tried once an order, reported as failed, and believed when it comes right by hand", async () => {
    bench.driver.during = () => Promise.reject(broken("never"));
    order(spec());
    await reported({
      generation: 1,
      observed: "failed",
      fault: expect.objectContaining({ reason: "guestStart" }),
    });
    await bench.fleet.sweep();
    expect(bench.driver.calls).toEqual(["ensure running"]);
    bench.driver.guests.set(guestId, {
      guestId,
      name: "one",
      observed: "running",
      stopCause: null,
      rebootSeq: 0,
    });
    await bench.fleet.sweep();
    await reported({ observed: "running", fault: null });
    bench.driver.during = async () => {};
    order(spec({ generation: 2 }));
    await reported({ generation: 2, observed: "running", fault: null });
  });

  it("for now is tried again with back-off, and acknowledges nothing until then", async () => {
    let failures = 2;
    bench.driver.during = () => (failures-- > 0 ? Promise.reject(broken("later")) : Promise.resolve());
    order(spec({ generation: 7 }));
    await reported({ fault: expect.objectContaining({ retry: "later" }) });
    expect(bench.fleet.report(guestId)?.generation).toBe(1);
    await reported({ generation: 7, observed: "running", fault: null });
    expect(bench.driver.calls).toEqual(["ensure running", "ensure running", "ensure running"]);
  });

  it("is tried at once on a newer order, whatever the back-off", async () => {
    bench.driver.during = () => Promise.reject(broken("elsewhere"));
    order(spec());
    await reported({ generation: 1, observed: "failed" });
    order(spec({ generation: 2, desired: "absent" }));
    await reported({ generation: 2, observed: "absent", fault: null });
  });
});

describe("material", () => {
  it("is not needed to stop a guest that is there", async () => {
    order(spec());
    await reported({ observed: "running" });
    await bench.fleet.stop();
    const unreachable = () => Promise.reject(new CloudError("Unavailable", "no", { retry: "later" }));
    bench.fleet = start({ image: unreachable, userData: unreachable });
    order(spec({ generation: 2, desired: "stopped", userDataSha256: "b".repeat(64) }));
    await reported({ generation: 2, observed: "stopped", fault: null });
  });

  it("is fetched before a guest is made, and its progress told", async () => {
    await bench.fleet.stop();
    const held = Promise.withResolvers<string>();
    bench.fleet = start({
      image: (_spec, onPercent) => {
        onPercent(41.6);
        return held.promise;
      },
    });
    order(spec());
    await reported({ phase: "fetching-image", percent: 42 });
    expect(bench.driver.calls).toEqual([]);
    held.resolve("/images/a");
    await reported({ observed: "running", phase: null, percent: null });
  });

  it("never has more guests starting than allowed", async () => {
    await bench.fleet.stop();
    let now = 0;
    let most = 0;
    const gate = Promise.withResolvers<void>();
    bench.driver.during = async () => {
      most = Math.max(most, ++now);
      await gate.promise;
      now--;
    };
    bench.fleet = start({ booting: new PQueue({ concurrency: 3 }) });
    const specs = Array.from({ length: 10 }, () => spec({ guestId: crypto.randomUUID() }));
    order(...specs);
    await soon(() => expect(now).toBe(3));
    gate.resolve();
    await soon(() =>
      expect(bench.fleet.reports().every(({ observed }) => observed === "running")).toBe(true),
    );
    expect(most).toBe(3);
  });
});
