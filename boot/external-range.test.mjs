import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { afterEach, beforeEach, expect, test } from "vitest";
import { addressNumber, rangeOf } from "./address-range.mjs";
import { chooseRange, collision, freeRange, layOut, layOutForeign } from "./external-range.mjs";

let folder;
beforeEach(() => {
  folder = mkdtempSync(`${tmpdir()}/madang-range-`);
});
afterEach(() => rmSync(folder, { recursive: true }));

const routes = (...texts) => texts.map((text) => ({ ...rangeOf(text), words: text }));

test.each([
  ["172.24.4.0/24", { first: 0xac180400, last: 0xac1804ff, prefix: 24 }],
  ["10.0.0.7/8", { first: 0x0a000000, last: 0x0affffff, prefix: 8 }],
  ["0.0.0.0/0", { first: 0, last: 0xffffffff, prefix: 0 }],
  ["255.255.255.255", { first: 0xffffffff, last: 0xffffffff, prefix: 32 }],
])("%s is a range", (text, expected) => expect(rangeOf(text)).toEqual(expected));

test.each([
  "",
  "10.0.0",
  "10.0.0.256/24",
  "10.0.0.0/33",
  "10.0.0.0/",
  "010.0.0.0/8",
  "10.0.0.0/8/8",
  "::1/64",
])("%j is none", (text) => expect(rangeOf(text)).toBeNull());

test("an exact range is written by its own address", () => {
  expect(rangeOf("10.0.0.7/24", { exact: true })).toBeNull();
  expect(rangeOf("10.0.0.0", { exact: true })).toBeNull();
  expect(rangeOf("10.0.0.0/24", { exact: true })).not.toBeNull();
});

test("the first range that the host routes nowhere", () => {
  expect(freeRange([])).toBe("172.24.4.0/24");
  expect(freeRange(routes("172.24.4.128/25", "172.24.5.2", "10.0.0.0/8"))).toBe("172.24.6.0/24");
  expect(freeRange(routes("172.16.0.0/12"))).toBeNull();
});

test("the choice is kept, another one of the operator's counts from then on", () => {
  const file = `${folder}/external.json`;
  expect(chooseRange(file, { cidr: null, taken: [] })).toBe("172.24.4.0/24");
  expect(chooseRange(file, { cidr: null, taken: routes("172.24.4.0/24") })).toBe("172.24.4.0/24");
  expect(chooseRange(file, { cidr: "10.9.0.0/20", taken: [] })).toBe("10.9.0.0/20");
  expect(chooseRange(file, { cidr: null, taken: [] })).toBe("10.9.0.0/20");
  expect(() => chooseRange(`${folder}/none`, { cidr: null, taken: routes("172.16.0.0/12") })).toThrow(/free/);
});

test.each(["10.0.0.1/24", "10.0.0.0/15", "10.0.0.0/29", "10.0.0.0", "nat"])("%s is refused", (cidr) =>
  expect(() => chooseRange(`${folder}/external.json`, { cidr, taken: [] })).toThrow(/MADANG_EXTERNAL_CIDR/),
);

test("what a range collides with is named", () => {
  expect(collision("172.24.4.0/24", routes("10.0.0.0/8", "172.24.4.7"))).toBe("172.24.4.7");
  expect(collision("172.24.4.0/24", routes("10.0.0.0/8", "172.24.5.0/24"))).toBeNull();
});

test.each([
  ["172.24.4.0/24", "172.24.4.128/25", "172.24.4.128", "172.24.4.254"],
  ["10.9.0.0/16", "10.9.128.0/17", "10.9.128.0", "10.9.255.254"],
  ["10.9.0.16/28", "10.9.0.24/29", "10.9.0.24", "10.9.0.30"],
])("%s gives out %s", (cidr, floating, start, end) => {
  const layout = layOut(cidr);
  expect(layout).toMatchObject({ cidr, floating, pool: { start, end } });
  const own = [layout.gateway, layout.host].map(addressNumber);
  expect(own).toEqual([rangeOf(cidr).first + 1, rangeOf(cidr).first + 2]);
  expect(Math.max(...own)).toBeLessThan(addressNumber(start));
});

test("of a network that others run, gateway and pool are theirs", () => {
  const cidr = "192.0.2.0/24";
  expect(layOutForeign({ cidr, gateway: null, pool: null })).toEqual({
    ...{ cidr, gateway: "192.0.2.1" },
    pool: { start: "192.0.2.128", end: "192.0.2.254" },
  });
  expect(layOutForeign({ cidr, gateway: "192.0.2.254", pool: "192.0.2.50-192.0.2.99" })).toEqual({
    ...{ cidr, gateway: "192.0.2.254" },
    pool: { start: "192.0.2.50", end: "192.0.2.99" },
  });
});

test.each([
  { gateway: "192.0.3.1" },
  { gateway: "192.0.2.0" },
  { pool: "192.0.2.99-192.0.2.50" },
  { pool: "192.0.2.50" },
  { pool: "192.0.2.50-192.0.2.255" },
])("%j does not fit", (fields) =>
  expect(() => layOutForeign({ cidr: "192.0.2.0/24", gateway: null, pool: null, ...fields })).toThrow(
    /MADANG_EXTERNAL_/,
  ),
);
