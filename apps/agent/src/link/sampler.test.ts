import { CloudError } from "@madang/core/errors";
import type { GuestSample, MetricsReport } from "@madang/core/wire/metrics";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Sampler, startSampler } from "./sampler.ts";

const guest: GuestSample = {
  ...{ guestId: "0b3ec3cd-2b60-4b8c-ae9d-41ab3a7bd4ee", life: "1", cpuUs: 1 },
  ...{ residentKib: 1, usedKib: null, disks: [], nics: [] },
};
const seconds = (amount: number) => amount * 1_000;

let told: MetricsReport[];
let away: boolean;
let guests: GuestSample[];
let sampler: Sampler;
beforeEach(() => {
  vi.useFakeTimers();
  told = [];
  away = false;
  guests = [guest];
  const metrics = async (report: MetricsReport) => {
    if (away) throw new CloudError("Unavailable", "away");
    told.push(report);
  };
  sampler = startSampler({
    ...{ link: () => ({ metrics }), driver: { sample: async () => guests } },
    ...{ log: pino({ level: "silent" }), clock: () => Date.now() },
  });
});
afterEach(async () => {
  await sampler.stop();
  vi.useRealTimers();
});
const looks = () => told.flatMap((report) => report.looks);

test("a control plane that does not ask is told nothing", async () => {
  await vi.advanceTimersByTimeAsync(seconds(60));
  expect(told).toEqual([]);
  sampler.follow(true);
  await vi.advanceTimersByTimeAsync(seconds(30));
  expect(looks()).toHaveLength(3);
  expect(looks()[0]?.guests).toEqual([guest]);
});

test("what could not be told is told afterwards, in order, each look once", async () => {
  sampler.follow(true);
  away = true;
  await vi.advanceTimersByTimeAsync(seconds(300));
  expect(told).toEqual([]);
  away = false;
  await vi.advanceTimersByTimeAsync(seconds(20));
  const clocks = looks().map(({ clockMs }) => clockMs);
  expect(clocks).toEqual([...new Set(clocks)].toSorted((left, right) => left - right));
  expect(clocks.length).toBeGreaterThanOrEqual(31);
  for (const report of told) expect(report.looks.length).toBeLessThanOrEqual(8);
});

test("what is older than ten minutes is dropped", async () => {
  sampler.follow(true);
  away = true;
  await vi.advanceTimersByTimeAsync(seconds(3_600));
  away = false;
  await vi.advanceTimersByTimeAsync(seconds(30));
  expect(looks().length).toBeLessThanOrEqual(63);
  for (const { clockMs, looks: some } of told)
    for (const one of some) expect(clockMs - one.clockMs).toBeLessThan(seconds(620));
});

test("more guests than fit are told in the next report", async () => {
  sampler.follow(true);
  guests = Array.from({ length: 4_500 }, () => guest);
  await vi.advanceTimersByTimeAsync(seconds(19));
  expect(told.map((report) => report.looks.flatMap((one) => one.guests).length)).toEqual([2_000, 2_000, 500]);
});
