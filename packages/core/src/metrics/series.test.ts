import { expect, test } from "vitest";
import { type MetricPoint, seriesOf } from "./series.ts";

const point = (at: number, change: Partial<MetricPoint> = {}): MetricPoint => ({
  ...{ at, seconds: 10, cpuMs: 5_000, residentMib: 100, usedMib: null, devices: {}, ...change },
});

test("rates are over the time that is known, and CPU is a share of all vCPUs", () => {
  const devices = { "disk:vda": [100, 50, 10, 5] as const, "nic:tap0": [20, 0, 2, 0] as const };
  const series = seriesOf([point(0, { seconds: 5, devices })], 2, 10_000);
  expect(series).toMatchObject({
    ...{ at: [0], cpuPercent: [50], residentMib: [100], usedMib: [null] },
    disks: [{ name: "vda", lines: [[20], [10], [2], [1]] }],
    nics: [{ name: "tap0", lines: [[4], [0], [0.4], [0]] }],
  });
});

test("a gap is a gap in every line, and a late look is none", () => {
  const series = seriesOf([point(0), point(24), point(60)], 1, 10_000);
  expect(series.at).toEqual([0, 24, 34, 60]);
  expect(series.cpuPercent).toEqual([50, 50, null, 50]);
});

test("a device that came later has no values before", () => {
  const series = seriesOf([point(0), point(10, { devices: { "nic:tap1": [10, 0, 0, 0] } })], 1, 10_000);
  expect(series.nics).toMatchObject([
    {
      name: "tap1",
      lines: [
        [null, 1],
        [null, 0],
        [null, 0],
        [null, 0],
      ],
    },
  ]);
});
