import { CloudError } from "@madang/core/errors";
import { XMLParser } from "fast-xml-parser";
import { describe, expect, it } from "vitest";
import type { GuestDevice } from "../driver.ts";
import { interfaceXml, readNics } from "./nic-xml.ts";
import { changeNics } from "./nics.ts";

const device = (digit: number, change: Partial<GuestDevice> = {}): GuestDevice => ({
  portId: `${digit}b2d02d4-495f-4147-a187-775fbf49676a`,
  mac: `fa:16:3e:00:00:0${digit}`,
  mtu: 1442,
  device: `tap${digit}b2d02d4495`,
  offloads: false,
  ...change,
});
const [one, two, three] = [device(1), device(2), device(3)];
const domain = { name: "madang-x", uuid: Buffer.alloc(16), id: 1 };
const guest = { id: one.portId, domain };
const bare = ({ portId, mac }: GuestDevice) => ({ portId, mac });

/** A libvirt with two copies of one domain. `holds`: what the guest does not let go of. */
function libvirt(live: readonly GuestDevice[], stored = live, holds: readonly GuestDevice[] = []) {
  const copies = { live: live.map(interfaceXml), stored: stored.map(interfaceXml) };
  const calls: string[] = [];
  const xml = (all: readonly string[]) => `<domain><devices>${all.join("")}</devices></domain>`;
  const portOf = (text: string) => readNics(xml([text]))[0]?.portId ?? "";
  const domains = {
    liveXml: async () => xml(copies.live),
    storedXml: async () => xml(copies.stored),
    attach: async (_domain: unknown, text: string, where: "live" | "stored") => {
      calls.push(`attach ${where} ${portOf(text)[0]}`);
      copies[where].push(text);
    },
    detach: async (_domain: unknown, text: string, where: "live" | "stored") => {
      calls.push(`detach ${where} ${portOf(text)[0]}`);
      if (where === "live" && holds.some(({ portId }) => portId === portOf(text)))
        throw new CloudError("Internal", "it was asked before");
      copies[where] = copies[where].filter((other) => portOf(other) !== portOf(text));
    },
  };
  const change = (wanted: readonly GuestDevice[], signal = AbortSignal.timeout(60_000)) =>
    changeNics({ domains, events: { next: async () => signal.throwIfAborted() } }, guest, wanted, signal);
  return { copies, calls, change, nics: () => readNics(xml(copies.live)) };
}

describe("the interfaces of a running guest", () => {
  it("are left alone when they are right", async () => {
    const { calls, change } = libvirt([one, two]);
    await change([two, one]);
    expect(calls).toEqual([]);
  });

  it("come and go by the difference, in both copies", async () => {
    const { calls, change, nics } = libvirt([one, two]);
    await change([two, three]);
    expect(calls).toEqual(["detach stored 1", "attach stored 3", "detach live 1", "attach live 3"]);
    expect(nics()).toEqual([two, three].map(bare));
  });

  it("are made right after a crash in between", async () => {
    const { calls, change } = libvirt([one], [one, two]);
    await change([one, two]);
    expect(calls).toEqual(["attach live 2"]);
  });

  it("are swapped when the port has another MAC", async () => {
    const { change, nics } = libvirt([one]);
    await change([{ ...one, mac: "fa:16:3e:00:00:99" }]);
    expect(nics()).toEqual([{ portId: one.portId, mac: "fa:16:3e:00:00:99" }]);
  });

  it("that the guest holds on to are not believed to be gone, and waiting for them can be ended", async () => {
    const { change, nics } = libvirt([one], [one], [one]);
    const ending = new AbortController();
    const waiting = change([], ending.signal);
    ending.abort();
    await expect(waiting).rejects.toThrow();
    expect(nics()).toEqual([bare(one)]);
  });
});

describe("an interface", () => {
  const parse = (nic: GuestDevice) =>
    new XMLParser({ ignoreAttributes: false, attributeNamePrefix: "@" }).parse(interfaceXml(nic)).interface;

  it("is a tap of ours that libvirt neither makes nor removes", () => {
    expect(parse(one)).toMatchObject({
      "@type": "ethernet",
      target: { "@dev": one.device, "@managed": "no" },
      mtu: { "@size": "1442" },
    });
  });

  it("leaves nothing to be finished by a switch that can't", () => {
    const { driver } = parse(one);
    expect(driver.host).toMatchObject({ "@csum": "off", "@gso": "off", "@mrg_rxbuf": "off" });
    expect(driver.guest).toMatchObject({ "@csum": "off", "@tso4": "off" });
    expect(parse({ ...one, offloads: true })).not.toHaveProperty("driver");
  });

  it("of somebody else is not seen", () => {
    const foreign =
      "<interface type='ethernet'><mac address='fa:16:3e:00:00:07'/><alias name='net0'/></interface>";
    expect(readNics(`<domain><devices>${foreign}${interfaceXml(one)}</devices></domain>`)).toEqual([
      bare(one),
    ]);
    expect(readNics("<domain><devices/></domain>")).toEqual([]);
  });
});
