/** What a guest says of itself is not believed further than it could be. */
import { expect, test } from "vitest";
import { sampleOf } from "./sample.ts";

const guestId = "0b2d02d4-495f-4147-a187-775fbf49676a";
const now = 1_700_000_000;
const domain = { name: `madang-${guestId}`, uuid: Buffer.alloc(16), id: 7 };
const said = {
  ...{ "cpu.time": 5_000_000_000, "balloon.rss": 9_000, "balloon.maximum": 1_048_576 },
  ...{ "balloon.available": 1_000_000, "balloon.usable": 600_000, "balloon.last-update": now - 12 },
};
const sampled = (change: Record<string, number | string> = {}) =>
  sampleOf(domain, new Map(Object.entries({ ...said, ...change })), now * 1_000)[0];

test("memory in use is what the guest's balloon driver says", () => {
  expect(sampled()).toMatchObject({
    guestId,
    life: "7",
    cpuUs: 5_000_000,
    residentKib: 9_000,
    usedKib: 400_000,
  });
});

test.for([
  ["more than it has", { "balloon.available": 2_000_000, "balloon.usable": 0 }],
  ["more than any number holds", { "balloon.available": 2 ** 64, "balloon.usable": 1 }],
  ["no number", { "balloon.available": Number.POSITIVE_INFINITY }],
  ["more free than there is", { "balloon.usable": 2_000_000 }],
  ["what it said at its boot", { "balloon.last-update": now - 61 }],
  ["what it says in the future", { "balloon.last-update": now + 61 }],
  ["what it never said", { "balloon.last-update": 0 }],
] as const)("%s is not memory in use", ([, change]) => {
  expect(sampled(change)).toMatchObject({ guestId, cpuUs: 5_000_000, residentKib: 9_000, usedKib: null });
});
