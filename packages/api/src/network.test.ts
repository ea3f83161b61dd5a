import { expect, test } from "vitest";
import { networkOf } from "./network.ts";

test.each([
  ["an IPv4 address is itself", "192.0.2.7", "192.0.2.7"],
  ["an IPv6 address is its /64", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
  ["however it is shortened", "2001:db8:1:2::6", "2001:db8:1:2"],
  ["also within the first four groups", "2001:db8::6", "2001:db8:0:0"],
  ["also at its beginning", "::1", "0:0:0:0"],
  ["also at its end", "2001::", "2001:0:0:0"],
  ["what is no address is itself", "unknown", "unknown"],
])("%s", (_what, address, network) => {
  expect(networkOf(address)).toBe(network);
});
