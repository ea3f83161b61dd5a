import { expect, it } from "vitest";
import { OvsdbError } from "../ovsdb/error.ts";
import type { DesiredRow } from "./desired-row.ts";
import { isRefusal, openQuarantine } from "./quarantine.ts";

const port = (id: string, mac: string): DesiredRow => ({
  ...{ table: "Logical_Switch_Port", kind: "port", id, cells: { name: id, addresses: [mac] } },
});
const error = new OvsdbError("constraint violation", "not so");

it("keeps what was refused until it is asked for differently, or not at all", () => {
  const quarantine = openQuarantine(() => 0);
  const [one, other] = [port("one", "a"), port("other", "b")];
  quarantine.review([one, other]);
  quarantine.add({ kind: "port", id: "one" }, error);
  quarantine.review([other, one]);
  expect(quarantine.has({ kind: "port", id: "one" })).toBe(true);
  expect(quarantine.has({ kind: "port", id: "other" })).toBe(false);
  expect(quarantine.cases()).toEqual([{ kind: "port", id: "one", detail: "constraint violation: not so" }]);
  quarantine.review([port("one", "c"), other]);
  expect(quarantine.cases()).toEqual([]);
  quarantine.add({ kind: "port", id: "one" }, error);
  quarantine.review([other]);
  expect(quarantine.cases()).toEqual([]);
});

it("asks again after a while", () => {
  let now = 0;
  const quarantine = openQuarantine(() => now);
  quarantine.review([port("one", "a")]);
  quarantine.add({ kind: "port", id: "one" }, error);
  now = 59_000;
  quarantine.review([port("one", "a")]);
  expect(quarantine.cases()).toHaveLength(1);
  now = 61_000;
  quarantine.review([port("one", "a")]);
  expect(quarantine.cases()).toEqual([]);
});

it.each([
  ["constraint violation", true],
  ["referential integrity violation", true],
  ["disconnected", false],
  ["not leader", false],
  ["I/O error", false],
  ["timed out", false],
])("%s is a refusal: %s", (code, expected) => expect(isRefusal(new OvsdbError(code))).toBe(expected));
