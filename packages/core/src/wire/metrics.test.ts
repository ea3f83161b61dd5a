import { expect, test } from "vitest";
import { type GuestSample, metricsReport, mostSampledGuests } from "./metrics.ts";

const disk = { name: "vda", readBytes: 0, writtenBytes: 0, reads: 0, writes: 0 };
const sample = (change: Partial<GuestSample> = {}): GuestSample => ({
  ...{ guestId: "0b3ec3cd-2b60-4b8c-ae9d-41ab3a7bd4ee", life: "1", cpuUs: 5 },
  ...{ residentKib: 1, usedKib: 2, disks: [], nics: [], ...change },
});
const read = (guests: unknown[]) => {
  const run = "0b3ec3cd-2b60-4b8c-ae9d-41ab3a7bd4ef";
  const looks = [{ clockMs: 1, guests }];
  return metricsReport.parse({ version: 1, run, clockMs: 1, looks }).looks[0]?.guests;
};

test.for([
  ["a counter above what is counted", sample({ cpuUs: 2 ** 60 })],
  ["no id", { ...sample(), guestId: "../.." }],
  ["more disks than are told of", sample({ disks: Array.from({ length: 65 }, () => disk) })],
  ["no sample", "sample"],
  ["nothing", null],
] as const)("a guest with %s is left out, and no other", ([, bad]) => {
  expect(read([sample(), bad, sample({ cpuUs: 6 })])).toEqual([sample(), sample({ cpuUs: 6 })]);
});

test("memory in use that no number holds costs nothing but itself", () => {
  expect(read([sample({ usedKib: 2 ** 60 }), sample({ usedKib: -1 })])).toEqual([
    sample({ usedKib: null }),
    sample({ usedKib: null }),
  ]);
});

test("more guests than fit in a look are refused", () => {
  expect(() => read(Array.from({ length: mostSampledGuests + 1 }, () => sample()))).toThrow();
});
