import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fieldsOfProperties, propertiesOfFields } from "./image-properties.ts";

describe("an image's properties as they are edited", () => {
  it("are choices where they have an effect, in whatever way it was written, and lines elsewhere", () => {
    const all = {
      hw_firmware_type: "UEFI",
      hw_boot_menu: "True",
      hw_rng_model: "virtio",
      os_distro: "debian",
    };
    const fields = fieldsOfProperties(all);
    expect(fields.machine).toMatchObject({ hw_firmware_type: "uefi", hw_boot_menu: "yes", hw_disk_bus: "" });
    expect(fields.others).toBe("hw_rng_model=virtio\nos_distro=debian");
    expect(propertiesOfFields(fields)).toEqual({
      all: { ...all, hw_firmware_type: "uefi", hw_boot_menu: "yes" },
    });
  });

  it("show a value from before they were checked where it can be mended, and refuse it until then", () => {
    const fields = fieldsOfProperties({ hw_disk_bus: "ide" });
    expect(fields).toMatchObject({ machine: { hw_disk_bus: "" }, others: "hw_disk_bus=ide" });
    expect(propertiesOfFields(fields)).toEqual({ fault: "imagePropertyValue" });
    expect(propertiesOfFields({ ...fields, others: "" })).toEqual({ all: {} });
  });

  it.for([
    ["without a sign", "imagePropertyName"],
    ["=value", "imagePropertyName"],
    ["Name=value", "imagePropertyName"],
    ["<script>=x", "imagePropertyName"],
    [`long=${"x".repeat(256)}`, "nameTooLong"],
    ["bell=\u0007", "nameCharacters"],
    ["same=1\nsame=2", "propertyTwice"],
    ["os_secure_boot=required", "imagePropertyValue"],
    ["architecture=aarch64\nhw_architecture=x86_64", "imagePropertyConflict"],
    [Array.from({ length: 65 }, (_, index) => `p${index}=1`).join("\n"), "imagePropertiesTooMany"],
  ])("refuse %s", ([others, fault]) => {
    expect(propertiesOfFields({ ...fieldsOfProperties({}), others: others ?? "" })).toEqual({ fault });
  });

  it("never fail otherwise than by a reason, whatever is typed", () => {
    const { machine } = fieldsOfProperties({});
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (others) => {
        const read = propertiesOfFields({ machine, others });
        expect("all" in read || /^[a-zA-Z]+$/.test(read.fault)).toBe(true);
      }),
    );
  });
});
