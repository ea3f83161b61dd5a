import { expect, it } from "vitest";
import { testOrder } from "../testing/order.ts";
import { metaData, vendorData } from "./config-drive.ts";
import { diskBytes } from "./disk.ts";

const gib = 1024 ** 3;

it("says who the guest is in OpenStack's words", () => {
  const keys = [{ name: "laptop", publicKey: "ssh-ed25519 AAAA kim@laptop" }];
  const { spec } = testOrder({ imagePath: null, hostname: "web-1", keys });
  expect(metaData(spec)).toMatchObject({
    uuid: spec.instanceId,
    hostname: "web-1",
    availability_zone: "nova",
    public_keys: { laptop: "ssh-ed25519 AAAA kim@laptop" },
  });
});

it("sets a password only when there is one", () => {
  expect(vendorData(null)).toEqual({});
  const text = String(vendorData("$6$salt$hash")["cloud-init"]);
  expect(text.startsWith("#cloud-config\n")).toBe(true);
  expect(JSON.parse(text.slice(text.indexOf("\n")))).toMatchObject({
    password: "$6$salt$hash",
    ssh_pwauth: true,
  });
});

it("makes a disk as large as the flavor, never smaller than the image", () => {
  const { spec } = testOrder({ imagePath: null });
  const image = { ...spec.image, virtualSizeBytes: 2 * gib };
  expect(diskBytes({ diskGib: 0, image })).toBe(2 * gib);
  expect(diskBytes({ diskGib: 1, image })).toBe(2 * gib);
  expect(diskBytes({ diskGib: 5, image })).toBe(5 * gib);
});
