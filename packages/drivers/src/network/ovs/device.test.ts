import { expect, it } from "vitest";
import { isOpen } from "./device.ts";

it.each([
  ["a tap that nobody has open", ["NO-CARRIER", "BROADCAST", "MULTICAST", "UP"], false],
  ["one that QEMU has", ["BROADCAST", "MULTICAST", "UP", "LOWER_UP"], true],
  ["one that is down", ["BROADCAST", "MULTICAST"], false],
])("%s", (_, flags, open) => expect(isOpen({ flags })).toBe(open));
