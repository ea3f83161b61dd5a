import { CloudError } from "@madang/core/errors";
import { describe, expect, it, vi } from "vitest";
import type { GuestVolume } from "../driver.ts";
import { diskXml, limitsOf, readDisks, targetName } from "./disk-xml.ts";
import { changeDisks, sameDisks } from "./disks.ts";

const volume = (digit: number, change: Partial<GuestVolume> = {}): GuestVolume => ({
  attachmentId: `${digit}b2d02d4-495f-4147-a187-775fbf49676a`,
  volumeId: `${digit}c2d02d4-495f-4147-a187-775fbf49676a`,
  readOnly: false,
  boot: false,
  qos: {},
  connection: { kind: "file", path: `/v/${digit}`, format: "qcow2", backing: null },
  ...change,
});
const [one, two, three] = [volume(1), volume(2), volume(3)];
const domain = { name: "madang-x", uuid: Buffer.alloc(16), id: 1 };
const guest = { id: one.attachmentId, domain };
const foreign = "<disk type='file'><target dev='vda' bus='virtio'/></disk>";
const targetOf = (text: string) => /dev="(\w+)"/.exec(text)?.[1] ?? "";

/** Takes no time but that of a clock that is told to go. */
const wait = (signal: AbortSignal) => async (_id: string, ms: number) => {
  signal.throwIfAborted();
  if (vi.isFakeTimers()) vi.advanceTimersByTime(ms);
};

/** A libvirt with two copies of one domain, which finds disks by their targets. `holds`: what the guest keeps. */
function libvirt(live: readonly GuestVolume[], stored = live, holds: readonly GuestVolume[] = []) {
  const defined = (all: readonly GuestVolume[]) =>
    all.map((disk) => diskXml(disk, targetName(2 + Number(disk.attachmentId[0]))));
  const copies = { live: defined(live), stored: defined(stored) };
  const calls: string[] = [];
  const xml = (all: readonly string[]) => `<domain><devices>${foreign}${all.join("")}</devices></domain>`;
  const digitOf = (text: string) => readDisks(xml([text]))[0]?.attachmentId[0];
  const domains = {
    liveXml: async () => xml(copies.live),
    storedXml: async () => xml(copies.stored),
    attach: async (_domain: unknown, text: string, where: "live" | "stored") => {
      if (copies[where].some((other) => targetOf(other) === targetOf(text)))
        throw new Error("target is taken");
      calls.push(`attach ${where} ${digitOf(text)}`);
      copies[where].push(text);
    },
    detach: async (_domain: unknown, text: string, where: "live" | "stored") => {
      const found = copies[where].find((other) => targetOf(other) === targetOf(text)) ?? "";
      calls.push(`detach ${where} ${digitOf(found)}`);
      if (where === "live" && holds.some(({ attachmentId }) => attachmentId[0] === digitOf(found)))
        throw new CloudError("Internal", "it was asked before");
      copies[where] = copies[where].filter((other) => other !== found);
    },
  };
  const disks = {
    tune: async (_domain: unknown, target: string, limits: Record<string, number>) => {
      calls.push(`tune ${target} ${limits.total_iops_sec}`);
    },
  };
  const change = (wanted: readonly GuestVolume[], signal = AbortSignal.timeout(60_000)) =>
    changeDisks({ domains, disks, events: { next: wait(signal) } }, guest, wanted, signal);
  const has = (where: "live" | "stored") =>
    readDisks(xml(copies[where])).map(({ attachmentId }) => attachmentId);
  return { calls, change, has, targets: () => [copies.stored, copies.live].map((all) => all.map(targetOf)) };
}

describe("the volumes of a running guest", () => {
  it("are left alone when they are right", async () => {
    const { calls, change } = libvirt([one, two]);
    await change([two, one]);
    expect(calls).toEqual([]);
  });

  it("come and go by the difference, in both copies and under one target", async () => {
    const { calls, change, has, targets } = libvirt([one, two]);
    await change([two, three]);
    expect(calls).toEqual(["detach stored 1", "detach live 1", "attach stored 3", "attach live 3"]);
    expect(has("live")).toEqual([two.attachmentId, three.attachmentId]);
    const [stored, live] = targets();
    expect(stored).toEqual(live);
  });

  it("are made right after a crash in between", async () => {
    const early = libvirt([one], [one, two]);
    await early.change([one, two]);
    expect(early.calls).toEqual(["attach live 2"]);
    const late = libvirt([one, two], [one]);
    await late.change([one]);
    expect(late.calls).toEqual(["detach live 2"]);
  });

  it("are attached anew when they become read-only", async () => {
    const { calls, change } = libvirt([one]);
    await change([volume(1, { readOnly: true })]);
    expect(calls).toEqual(["detach stored 1", "detach live 1", "attach stored 1", "attach live 1"]);
  });

  it("are told to be held, and the others are not given before", async () => {
    vi.useFakeTimers();
    try {
      const { change, has } = libvirt([one, two], [one, two], [one]);
      await expect(change([two, three])).rejects.toMatchObject({
        code: "Unavailable",
        options: { reason: "DiskHeld", retry: "later", params: { volumeId: one.volumeId } },
      });
      expect(has("live")).toContain(one.attachmentId);
      expect(has("stored")).not.toContain(one.attachmentId);
      expect(has("live")).not.toContain(three.attachmentId);
    } finally {
      vi.useRealTimers();
    }
  });

  it("are waited for no longer by who has gone", async () => {
    const ended = new AbortController();
    const attempt = libvirt([one], [one], [one]).change([], ended.signal);
    ended.abort(new Error("enough"));
    await expect(attempt).rejects.toThrow("enough");
  });

  it("keep the one that it booted from", async () => {
    const root = volume(1, { boot: true });
    const { calls, change } = libvirt([root, two]);
    await change([root]);
    expect(calls).toEqual(["detach stored 2", "detach live 2"]);
  });

  it("are given the limits that differ, and no others", async () => {
    const { calls, change } = libvirt([volume(1, { qos: { totalIops: 100 } }), two]);
    await change([volume(1, { qos: { totalIops: 200 } }), two]);
    await change([volume(1), two]);
    expect(calls).toEqual([`tune ${targetName(3)} 200`, `tune ${targetName(3)} 0`]);
  });
});

it("a definition differs by volumes, by what they allow and by their limits", () => {
  const { attachmentId, volumeId } = one;
  const defined = {
    attachmentId,
    volumeId,
    target: "vdc",
    readOnly: false,
    limits: limitsOf({}),
    node: null,
  };
  expect(sameDisks([one], [defined])).toBe(true);
  expect(sameDisks([], [defined])).toBe(false);
  expect(sameDisks([two], [defined])).toBe(false);
  expect(sameDisks([volume(1, { readOnly: true })], [defined])).toBe(false);
  expect(sameDisks([volume(1, { qos: { readIops: 5 } })], [defined])).toBe(false);
});
