/** What was used, as lines of a chart: rates a second, and nothing drawn where nothing is known. */
import type { DeviceUsage } from "./usage.ts";

export type MetricPoint = {
  /** Seconds since 1970. */
  at: number;
  /** What the sums are over. */
  seconds: number;
  cpuMs: number;
  residentMib: number | null;
  usedMib: number | null;
  devices: DeviceUsage;
};

/** One value a moment; null is a gap. */
export type Line = (number | null)[];
export type DeviceLines = { name: string; lines: [Line, Line, Line, Line] };
export type MetricSeries = {
  /** Seconds since 1970, rising. */
  at: number[];
  /** Of all its vCPUs together, 0 to about 100. */
  cpuPercent: Line;
  residentMib: Line;
  usedMib: Line;
  /** Bytes read, bytes written, reads, writes, each a second. */
  disks: DeviceLines[];
  /** Bytes in, bytes out, packets in, packets out, each a second. */
  nics: DeviceLines[];
};

/** Points further apart than that have a gap between them. */
const gapSteps = 2.5;

/** `points` rise in time. */
export function seriesOf(points: readonly MetricPoint[], vcpus: number, stepMs: number): MetricSeries {
  const all = withGaps(points, stepMs / 1_000);
  const line = (of: (point: MetricPoint) => number | null): Line =>
    all.map(({ point }) => point && of(point));
  return {
    at: all.map(({ at }) => at),
    cpuPercent: line(({ cpuMs, seconds }) => rounded(cpuMs / 10 / seconds / vcpus)),
    residentMib: line(({ residentMib }) => residentMib),
    usedMib: line(({ usedMib }) => usedMib),
    disks: linesOf(points, "disk:", line),
    nics: linesOf(points, "nic:", line),
  };
}

type Placed = { at: number; point: MetricPoint | null };

function withGaps(points: readonly MetricPoint[], step: number): Placed[] {
  return points.flatMap((point, index): Placed[] => {
    const before = points[index - 1];
    const isGap = before !== undefined && point.at - before.at > gapSteps * step;
    const placed = { at: point.at, point };
    return isGap ? [{ at: before.at + step, point: null }, placed] : [placed];
  });
}

function linesOf(
  points: readonly MetricPoint[],
  kind: string,
  line: (of: (point: MetricPoint) => number | null) => Line,
): DeviceLines[] {
  const keys = points.flatMap(({ devices }) => Object.keys(devices).filter((key) => key.startsWith(kind)));
  return [...new Set(keys)].toSorted().map((key) => {
    const rate = (index: 0 | 1 | 2 | 3) =>
      line(({ devices, seconds }) => {
        const used = devices[key];
        return used ? rounded(used[index] / seconds) : null;
      });
    return { name: key.slice(kind.length), lines: [rate(0), rate(1), rate(2), rate(3)] };
  });
}

/** Two digits after the point are more than any chart shows. */
const rounded = (value: number) => Math.round(value * 100) / 100;
