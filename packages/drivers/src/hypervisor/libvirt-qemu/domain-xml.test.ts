import fc from "fast-check";
import { XMLParser } from "fast-xml-parser";
import { describe, expect, it } from "vitest";
import { buildDomainXml, type DomainSpec, vncSocketPath } from "./domain-xml.ts";
import { readMetadata, writeMetadata } from "./metadata.ts";

const guestId = "0b2d02d4-495f-4147-a187-775fbf49676a";

const rootDisk = { path: "/g/disk.qcow2", base: { path: "/g/base.img", format: "qcow2" as const } };

function spec(change: Partial<DomainSpec> = {}): DomainSpec {
  return {
    guestId,
    virtType: "qemu",
    machineType: "pc-q35-7.2",
    vcpus: 2,
    ramMib: 512,
    metadata: {
      instance: guestId,
      project: guestId,
      hostname: "web",
      rebootSeq: 3,
      stopping: false,
      freezing: false,
    },
    disk: rootDisk,
    cdPath: null,
    hardware: {},
    uefi: null,
    configDrivePath: "/g/config.iso",
    serialLogPath: "/g/console/serial.log",
    nics: [],
    volumes: [],
    ...change,
  };
}

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: "@",
  trimValues: false,
  parseAttributeValue: false,
});
const parse = (xml: string) => parser.parse(xml).domain;
/** Printable, and everything that means something in XML. */
const hostile = fc.string({
  unit: fc.constantFrom(..."<>&'\"/!-[]?ax é漢😀".split(/(?:)/u)),
  minLength: 1,
  maxLength: 30,
});

describe("the definition of a guest", () => {
  it("carries any name as a name and nothing else", () => {
    const plain = parse(buildDomainXml(spec()));
    fc.assert(
      fc.property(hostile, (hostname) => {
        const metadata = { ...spec().metadata, hostname };
        const xml = buildDomainXml(spec({ metadata }));
        const { metadata: found, ...rest } = parse(xml);
        const { metadata: _plain, ...plainRest } = plain;
        expect(rest).toEqual(plainRest);
        expect(found["madang:guest"]["@hostname"]).toBe(hostname);
        expect(readMetadata(writeMetadata(metadata))).toEqual(metadata);
      }),
    );
  });

  it.for(["virtio", "scsi", "sata"] as const)(
    "boots the CD of an image before any other CD, on %s",
    (diskBus) => {
      const cd = spec({ disk: { ...rootDisk, base: null }, cdPath: "/g/base.img", hardware: { diskBus } });
      const { devices, os } = parse(buildDomainXml(cd));
      expect(os.boot.map((one: Record<string, string>) => one["@dev"])).toEqual(["hd", "cdrom"]);
      type Disk = {
        "@device": string;
        source: { "@file": string };
        target: { "@dev": string; "@bus": string };
      };
      const all: Disk[] = devices.disk;
      expect(new Set(all.map(({ target }) => target["@dev"])).size).toBe(3);
      // libvirt puts those of one bus in the order of their names.
      const [first] = all
        .filter((disk) => disk["@device"] === "cdrom")
        .toSorted((one, other) => one.target["@dev"].localeCompare(other.target["@dev"]));
      expect(first?.source["@file"]).toBe("/g/base.img");
      expect(all[0]?.source["@file"]).toBe("/g/disk.qcow2");
    },
  );

  it("keeps the config drive's place on SATA where there is no CD", () => {
    const { devices } = parse(buildDomainXml(spec({ hardware: { diskBus: "sata" } })));
    expect(devices.disk.map((one: { target: Record<string, string> }) => one.target["@dev"])).toEqual([
      "sda",
      "sdb",
    ]);
  });

  it("refuses what XML cannot carry", () => {
    for (const bad of ["\0", "\u0008", "\ufffe", "\ud800"]) {
      expect(() => buildDomainXml(spec({ metadata: { ...spec().metadata, hostname: `a${bad}` } }))).toThrow();
    }
  });

  it("opens nothing to the network and has room to plug", () => {
    const { devices } = parse(buildDomainXml(spec()));
    expect(devices).not.toHaveProperty("interface");
    expect(devices.graphics).toEqual({ "@type": "vnc", listen: { "@type": "socket" } });
    expect(devices.serial["@type"]).toBe("unix");
    const ports = devices.controller.filter(
      (one: Record<string, string>) => one["@model"] === "pcie-root-port",
    );
    expect(ports).toHaveLength(16);
    expect(devices.controller).toContainEqual({ "@type": "usb", "@model": "none" });
  });

  it("closes the chain of the disk and bounds the code cache", () => {
    const domain = parse(
      buildDomainXml(spec({ disk: { ...rootDisk, base: { ...rootDisk.base, format: "raw" } } })),
    );
    const [root, config] = domain.devices.disk;
    expect(root.backingStore).toMatchObject({ format: { "@type": "raw" }, backingStore: "" });
    expect(config).toMatchObject({ readonly: "", source: { "@file": "/g/config.iso" } });
    expect(domain.features.tcg["tb-cache"]["#text"]).toBe(64);
    expect(parse(buildDomainXml(spec({ virtType: "kvm" }))).features).not.toHaveProperty("tcg");
  });

  it("finds the screen's socket in the live definition, and only that", () => {
    const live = (inside: string) => `<domain><devices>${inside}</devices></domain>`;
    const socket = "<listen type='socket' socket='/var/lib/libvirt/qemu/d/vnc.sock'/>";
    expect(vncSocketPath(live(`<graphics type='vnc'>${socket}</graphics>`))).toBe(
      "/var/lib/libvirt/qemu/d/vnc.sock",
    );
    expect(vncSocketPath(live("<graphics type='vnc'><listen type='socket'/></graphics>"))).toBeNull();
    expect(vncSocketPath(live(""))).toBeNull();
  });
});

describe("metadata", () => {
  it("of somebody else is not ours", () => {
    expect(readMetadata("<guest/>")).toBeNull();
    expect(readMetadata("<guest instance='x' rebootSeq='-1'/>")).toBeNull();
    expect(readMetadata("<nova/>")).toBeNull();
  });
});
