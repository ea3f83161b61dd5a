import type { GuestNic } from "@madang/core/wire/guest";
import type { GuestObservation } from "@madang/drivers/hypervisor/driver";
import type { PortPlugger } from "@madang/drivers/network/driver";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { spec } from "../testing/scripted-driver.ts";
import { noPorts, openPorts } from "./ports.ts";

const signal = AbortSignal.timeout(60_000);
const nic = (name: string): GuestNic => ({
  ...{ portId: name, networkId: "net", mac: `mac-${name}`, mtu: 1442, addresses: [], metadata: null },
});
const seen = (observed: "running" | "stopped", ...names: string[]): GuestObservation => ({
  ...{ guestId: "guest", name: "guest", observed, stopCause: null, rebootSeq: 0 },
  nics: names.map((name) => ({ portId: name, mac: `mac-${name}` })),
});

function open(wanted: readonly string[] = [], foreign: readonly string[] = []) {
  const devices = new Set<string>(foreign);
  /** Of which somebody has the device open. */
  const held = new Set<string>();
  const plugger: PortPlugger = {
    kind: "scripted",
    offloads: false,
    device: (portId) => `tap-${portId}`,
    ensure: async ({ portId }) => void devices.add(`tap-${portId}`),
    isJoined: (portId) => devices.has(`tap-${portId}`),
    idle: async (portIds) => portIds.filter((portId) => !held.has(portId)),
    listen: () => Promise.reject(new Error("not asked")),
    remove: async (device) => {
      if (foreign.includes(device)) throw new Error("not ours");
      devices.delete(device);
    },
    list: async () => [...devices],
    close: async () => {},
  };
  const isWanted = (device: string) => wanted.includes(device);
  return { devices, held, ports: openPorts({ plugger, isWanted, log: pino({ level: "silent" }) }) };
}

describe("a hypervisor's ports", () => {
  it("are plugged, and told to the guest with what the switch can't do", async () => {
    const { devices, ports } = open();
    expect(await ports.plug([nic("a"), nic("b")], signal)).toEqual([
      { portId: "a", mac: "mac-a", mtu: 1442, device: "tap-a", offloads: false },
      expect.objectContaining({ device: "tap-b" }),
    ]);
    expect([...devices]).toEqual(["tap-a", "tap-b"]);
    expect(ports.devices([nic("c")])).toMatchObject([{ device: "tap-c" }]);
    expect(devices.has("tap-c")).toBe(false);
  });

  it("of a guest that stays are not unplugged by another's end", async () => {
    const { devices, ports } = open(["tap-b"]);
    await ports.plug([nic("a"), nic("b")], signal);
    await ports.unplug(["a", "b"], signal);
    expect([...devices]).toEqual(["tap-b"]);
  });

  it("that nobody names and no guest has are swept once a snapshot came", async () => {
    const { devices, ports } = open(["tap-a"]);
    await ports.plug([nic("a"), nic("b"), nic("c")], signal);
    await ports.sweep([]);
    expect(devices.size).toBe(3);
    ports.told();
    await ports.sweep([seen("running", "b")]);
    expect([...devices]).toEqual(["tap-a", "tap-b"]);
  });

  it("are swept though one of them can't be", async () => {
    const { devices, ports } = open([], ["tap-foreign"]);
    await ports.plug([nic("a"), nic("b")], signal);
    ports.told();
    await ports.sweep([]);
    expect([...devices]).toEqual(["tap-foreign"]);
  });

  it("differ when a running guest lost hold of its device, and are right again once it has it", async () => {
    const { held, ports } = open(["tap-a", "tap-b"]);
    const asked = spec({ nics: [nic("a"), nic("b")] });
    await ports.plug(asked.nics, signal);
    held.add("a").add("b");
    ports.told();
    await ports.sweep([seen("running", "a", "b")]);
    expect(ports.differ(asked, seen("running", "a", "b"))).toBe(false);
    held.delete("a");
    await ports.sweep([seen("running", "a", "b")]);
    expect(ports.differ(asked, seen("running", "a", "b"))).toBe(true);
    expect(await ports.torn(seen("running", "a", "b"), signal)).toEqual(["a"]);
    held.add("a");
    expect(await ports.torn(seen("running", "a", "b"), signal)).toEqual([]);
    expect(ports.differ(asked, seen("running", "a", "b"))).toBe(false);
  });

  it("of guests that are off are nobody's to hold", async () => {
    const { ports } = open(["tap-a"]);
    const asked = spec({ desired: "stopped", nics: [nic("a")] });
    await ports.plug(asked.nics, signal);
    ports.told();
    await ports.sweep([seen("stopped", "a")]);
    expect(ports.differ(asked, seen("stopped", "a"))).toBe(false);
    expect(await ports.torn(seen("stopped", "a"), signal)).toEqual([]);
    expect(await ports.torn(null, signal)).toEqual([]);
  });

  it("differ from what is asked for by number, MAC, or when the switch lost one that is used", async () => {
    const { devices, ports } = open();
    const asked = spec({ nics: [nic("a")] });
    await ports.plug(asked.nics, signal);
    expect(ports.differ(asked, seen("running", "a"))).toBe(false);
    expect(ports.differ(asked, seen("running"))).toBe(true);
    expect(ports.differ(asked, seen("stopped", "a", "b"))).toBe(true);
    expect(ports.differ(asked, { ...seen("running"), nics: [{ portId: "a", mac: "other" }] })).toBe(true);
    devices.clear();
    expect(ports.differ(asked, seen("running", "a"))).toBe(true);
    expect(ports.differ(asked, seen("stopped", "a"))).toBe(false);
    expect(ports.differ({ ...asked, desired: "absent" }, seen("running"))).toBe(false);
    expect(ports.differ(asked, null)).toBe(false);
  });
});

describe("a hypervisor without a switch", () => {
  it("refuses interfaces to a real guest, and nothing to one without", async () => {
    const missing = { options: { reason: "NetworkMissing", retry: "elsewhere" } };
    await expect(noPorts(false).plug([nic("a")], signal)).rejects.toMatchObject(missing);
    expect(await noPorts(false).plug([], signal)).toBeUndefined();
    expect(await noPorts(true).plug([nic("a")], signal)).toBeUndefined();
  });
});
