import { expect, test } from "vitest";
import { cidr, cidrOf, cidrText, contains, ipv4, overlap, toAddress, toNumber } from "./cidr.ts";

test.each([
  ["10.0.0.7/24", "10.0.0.0/24"],
  ["255.255.255.255/0", "0.0.0.0/0"],
  [" 192.0.2.1/32 ", "192.0.2.1/32"],
])("%s is made canonical", (text, canonical) => {
  expect(cidr.parse(text)).toBe(canonical);
});

test.each(["10.0.0.0", "10.0.0.0/33", "10.0.0/24", "0x0a.0.0.0/8", "010.0.0.0/8", "::/0", "10.0.0.0/-1", ""])(
  "%s is no range",
  (text) => {
    expect(cidr.safeParse(text).success).toBe(false);
  },
);

test.each(["1.2.3", "1.2.3.256", "010.1.1.1", "0x1.1.1.1", "16909060", "::ffff:1.2.3.4", "1.2.3.4/32"])(
  "%s is no address",
  (text) => {
    expect(ipv4.safeParse(text).success).toBe(false);
  },
);

test("numbers and text go both ways", () => {
  for (const address of ["0.0.0.0", "10.0.0.1", "172.24.4.255", "255.255.255.255"])
    expect(toAddress(toNumber(address))).toBe(address);
  const range = cidrOf("172.16.5.4/12");
  expect(range && cidrText(range)).toBe("172.16.0.0/12");
});

test("what lies in a range and what overlaps", () => {
  expect(contains("10.0.0.0/24", "10.0.0.255")).toBe(true);
  expect(contains("10.0.0.0/24", "10.0.1.0")).toBe(false);
  expect(overlap("10.0.0.0/8", "10.9.0.0/16")).toBe(true);
  expect(overlap("10.0.0.0/25", "10.0.0.128/25")).toBe(false);
});
