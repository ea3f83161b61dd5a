import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { XMLParser } from "fast-xml-parser";
import { describe, expect, it } from "vitest";
import type { GuestVolume } from "../driver.ts";
import {
  diskXml,
  freeTarget,
  limitsOf,
  readDisks,
  readTargets,
  targetName,
  withTargets,
} from "./disk-xml.ts";
import { listGuests } from "./guests.ts";

const volume = (change: Partial<GuestVolume> = {}): GuestVolume => ({
  attachmentId: crypto.randomUUID(),
  volumeId: crypto.randomUUID(),
  readOnly: false,
  boot: false,
  qos: {},
  connection: {
    kind: "file",
    path: "/v/volume.qcow2",
    format: "qcow2",
    backing: { path: "/v/base.img", format: "raw" },
  },
  ...change,
});
const domain = (...disks: string[]) => `<domain><devices>${disks.join("")}</devices></domain>`;
const foreign = "<disk type='file'><target dev='vda' bus='virtio'/></disk>";

describe("a volume of a guest", () => {
  it("is seen also in a domain that has lost our mark", async () => {
    const one = volume();
    const { attachmentId, volumeId } = one;
    const stranger = { name: "stranger", uuid: Buffer.alloc(16, 7), id: 1 };
    const domains = {
      list: async () => [stranger],
      lookup: async () => stranger,
      metadata: async () => null,
      state: async () => ({ state: 1, reason: 1 }),
      liveXml: async () => domain(foreign, diskXml(one, "vdc")),
    };
    const folder = await mkdtemp(join(tmpdir(), "madang-guests-"));
    expect(await listGuests(domains, folder)).toMatchObject([
      { name: "stranger", observed: "running", disks: [{ attachmentId, volumeId }] },
    ]);
    await rm(folder, { recursive: true });
  });

  it("is found again by its ids, with its limits, and nobody else's disk is taken for one", () => {
    const one = volume({ qos: { totalIops: 100, readBytesPerSecond: 5_000 } });
    const two = volume({ readOnly: true });
    const { attachmentId, volumeId } = one;
    const found = readDisks(domain(foreign, diskXml(one, "vdc"), diskXml(two, "vdd")));
    expect(found).toEqual([
      { attachmentId, volumeId, target: "vdc", readOnly: false, limits: limitsOf(one.qos), node: null },
      expect.objectContaining({ attachmentId: two.attachmentId, readOnly: true, limits: limitsOf({}) }),
    ]);
    expect(found[0]?.limits).toMatchObject({ total_iops_sec: 100, read_bytes_sec: 5_000, write_iops_sec: 0 });
    expect(readTargets(domain(foreign, diskXml(one, "vdc")))).toEqual(["vda", "vdc"]);
    expect(readDisks("<domain><devices/></domain>")).toEqual([]);
  });

  it("says its whole chain, stops the guest at a fault, and bypasses the host's cache", () => {
    const one = volume();
    const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: "@" });
    const { disk } = parser.parse(diskXml(one, "vdc"));
    expect(disk.backingStore).toMatchObject({ format: { "@type": "raw" }, backingStore: "" });
    expect(disk.driver).toMatchObject({
      "@cache": "none",
      "@error_policy": "stop",
      "@rerror_policy": "stop",
      "@discard": "unmap",
    });
    expect(disk.serial).toBe(one.volumeId.slice(0, 20));
    const alone = volume({ connection: { kind: "file", path: "/v", format: "qcow2", backing: null } });
    expect(parser.parse(diskXml(alone, "vdc")).disk.backingStore).toBe("");
    expect(() => diskXml(volume({ connection: { kind: "simulated" } }), "vdc")).toThrow("can't open");
  });

  it("has QEMU's name for it only where the guest runs", () => {
    const live = diskXml(volume(), "vdc").replace("<source ", "<source index='7' ");
    expect(readDisks(domain(live))[0]?.node).toBe("libvirt-7-format");
  });

  it("has a target of its own, also after vdz", () => {
    expect([0, 25, 26, 27, 51, 52].map(targetName)).toEqual(["vda", "vdz", "vdaa", "vdab", "vdaz", "vdba"]);
    const disks = [volume(), volume({ boot: true }), volume()];
    expect(withTargets(disks).map(({ target }) => target)).toEqual(["vdc", "vda", "vdd"]);
    expect(freeTarget(new Set(["vda", "vdb", "vdc", "vde"]))).toBe("vdd");
  });
});
