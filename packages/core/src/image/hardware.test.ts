import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Hardware, hardware, lackingHardware, storedHardware } from "../wire/hardware.ts";
import {
  hardwareProperties,
  isCd,
  knownProperties,
  knownPropertyNames,
  launchHardware,
  otherProperties,
  propertyFault,
  volumeHardware,
} from "./hardware.ts";

const image = { uploadFormat: "qcow2", diskFormat: "qcow2" };

describe("the properties of images that have an effect", () => {
  it("are all listed", () => {
    expect(knownPropertyNames.toSorted()).toEqual(Object.keys(knownProperties).toSorted());
  });

  it("become the machine's, in whatever way their yes and no are written", () => {
    const properties = {
      ...{ hw_disk_bus: "SCSI", hw_vif_model: "e1000e", hw_firmware_type: "uefi", hw_video_model: "cirrus" },
      ...{ architecture: "x86_64", hw_boot_menu: "True", hw_qemu_guest_agent: "0", hw_rng_model: "virtio" },
      ...{ os_secure_boot: "optional", os_distro: "debian", constructor: "x", hw_cpu_model: "free" },
    };
    expect(launchHardware({ ...image, properties })).toEqual({
      ...{ diskBus: "scsi", nicModel: "e1000e", firmware: "uefi", videoModel: "cirrus" },
      ...{ architecture: "x86_64", bootMenu: "yes", guestAgent: "no" },
    });
    expect(launchHardware({ ...image, properties: {} })).toEqual({});
  });

  it.for(Object.keys(knownProperties))("refuse of %s what nobody can honour", (name) => {
    const properties = { [name]: "required; rm -rf /" };
    expect(propertyFault(properties)?.name).toBe(name);
    expect(() => launchHardware({ ...image, properties })).toThrow(/can be honoured/);
  });

  it("are whatever a row held before they were checked, and never fail otherwise", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...knownPropertyNames), fc.string()), (properties) => {
        try {
          launchHardware({ ...image, properties });
        } catch (error) {
          expect(error).toMatchObject({ code: "InvalidInput", options: { reason: "imagePropertyUnmet" } });
        }
      }),
    );
    for (const properties of [null, 3, "x", []]) expect(volumeHardware({ properties })).toEqual({});
  });

  it("make a CD of an ISO that was kept, and of no volume", () => {
    const cd = { uploadFormat: "iso", diskFormat: "raw", properties: { hw_firmware_type: "uefi" } };
    expect(launchHardware(cd)).toEqual({ firmware: "uefi", medium: "cdrom" });
    expect(volumeHardware(cd)).toEqual({ firmware: "uefi" });
    expect(isCd({ uploadFormat: "iso", diskFormat: "qcow2" })).toBe(false);
    expect(isCd({ uploadFormat: "raw", diskFormat: "raw" })).toBe(false);
  });
});

describe("the properties of an image that is made of a disk", () => {
  const { medium: _cd, ...shape } = hardware.shape;
  const some = Object.entries(shape).map(
    ([part, values]) => [part, fc.constantFrom(...values.unwrap().options)] as const,
  );

  it("ask for the hardware that the disk had, whatever it was", () => {
    fc.assert(
      fc.property(
        fc.record(Object.fromEntries(some), { requiredKeys: [] }),
        fc.boolean(),
        (had: Hardware, cd) => {
          const properties = hardwareProperties({ ...had, ...(cd ? { medium: "cdrom" } : {}) });
          expect(propertyFault(properties)).toBeNull();
          expect(volumeHardware({ properties })).toEqual(had);
          expect(otherProperties(properties)).toEqual({});
        },
      ),
    );
  });

  it("are besides that what decides nothing", () => {
    const decides = { hw_disk_bus: "scsi", architecture: "x86_64", hw_architecture: "i686" };
    const others = { os_distro: "debian", hw_rng_model: "virtio", os_secure_boot: "optional" };
    expect(otherProperties({ ...decides, ...others, constructor: "x" })).toEqual({
      ...others,
      constructor: "x",
    });
    for (const stored of [null, 3, "x", []]) expect(otherProperties(stored)).toEqual({});
  });
});

describe("what hypervisors offer", () => {
  it("is no more than is usual where their agent says nothing", () => {
    expect(lackingHardware(null, {})).toEqual([]);
    expect(lackingHardware(null, { diskBus: "virtio", architecture: "x86_64", guestAgent: "yes" })).toEqual(
      [],
    );
    expect(lackingHardware(null, { diskBus: "sata", medium: "cdrom", firmware: "uefi" })).toEqual([
      "diskBus",
      "firmware",
      "medium",
    ]);
  });

  it("is what they say, part by part", () => {
    const offered = { firmware: ["bios", "uefi"], diskBus: ["virtio"] };
    expect(lackingHardware(offered, { firmware: "uefi", nicModel: "virtio" })).toEqual([]);
    expect(lackingHardware(offered, { diskBus: "scsi", architecture: "aarch64" })).toEqual([
      "diskBus",
      "architecture",
    ]);
  });

  it("is asked for nothing by a row that nobody can read", () => {
    for (const stored of [null, 3, { diskBus: "ide" }]) expect(storedHardware(stored)).toEqual({});
  });
});
