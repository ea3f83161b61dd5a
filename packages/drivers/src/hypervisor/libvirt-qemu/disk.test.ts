import { guestImage } from "@madang/core/wire/guest";
import { expect, it } from "vitest";
import { testOrder } from "../testing/order.ts";
import { diskBytes } from "./disk.ts";

const gib = 1024 ** 3;

it("makes a disk as large as the flavor, never smaller than the image", () => {
  const { spec } = testOrder({ imagePath: null });
  const image = { ...guestImage.parse(spec.image), virtualSizeBytes: 2 * gib };
  expect(diskBytes({ diskGib: 0, image })).toBe(2 * gib);
  expect(diskBytes({ diskGib: 1, image })).toBe(2 * gib);
  expect(diskBytes({ diskGib: 5, image })).toBe(5 * gib);
});
