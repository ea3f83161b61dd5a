/** What a guest used between two looks at its counters. Whatever can't be known is null, and a gap in the chart. */
import type { GuestSample } from "../wire/metrics.ts";

/** A look: what was seen, by which run of the agent, at what time of that run's clock and of the server's, ms. */
export type Seen = { sample: GuestSample; run: string; clockMs: number; atMs: number };

/** "disk:vda": bytes read, bytes written, reads, writes. "nic:tap…": bytes in, bytes out, packets in, packets out. */
export type DeviceUsage = Readonly<Record<string, readonly [number, number, number, number]>>;

export type Usage = {
  /** What it is spread over. */
  seconds: number;
  cpuMs: number;
  /** As it is at the end. */
  residentMib: number | null;
  usedMib: number | null;
  readBytes: number;
  writtenBytes: number;
  inBytes: number;
  outBytes: number;
  devices: DeviceUsage;
};

/** Looks further apart than this say nothing of the time between them. */
const longestSeconds = 60;
/** More than that in a second is no disk and no network, but a counter that lies. */
const mostPerSecond = 200e9;
/** A guest's emulator works beside its vCPUs; more is a counter that lies. */
const cpuShare = (vcpus: number) => (vcpus + 4) * 1.25;

/** Counters of another life began again, and how long ago nobody knows. */
export function usageBetween(before: Seen, after: Seen, vcpus: number): Usage | null {
  const seconds = secondsBetween(before, after);
  const cpuMs = (after.sample.cpuUs - before.sample.cpuUs) / 1_000;
  if (seconds <= 0 || seconds > longestSeconds || before.sample.life !== after.sample.life) return null;
  if (cpuMs < 0 || cpuMs > cpuShare(vcpus) * seconds * 1_000) return null;
  const devices = devicesBetween(before.sample, after.sample);
  if (Object.values(devices).some((used) => used.some((amount) => amount > mostPerSecond * seconds)))
    return null;
  const sum = (kind: string, index: 0 | 1) => sumOf(devices, kind, index);
  return {
    seconds,
    cpuMs,
    residentMib: mib(after.sample.residentKib),
    usedMib: mib(after.sample.usedKib),
    readBytes: sum("disk:", 0),
    writtenBytes: sum("disk:", 1),
    inBytes: sum("nic:", 0),
    outBytes: sum("nic:", 1),
    devices,
  };
}

/** Within one run of the agent by its own clock, which no network's delay bends. */
function secondsBetween(before: Seen, after: Seen): number {
  if (before.run === after.run) return (after.clockMs - before.clockMs) / 1_000;
  return (after.atMs - before.atMs) / 1_000;
}

function devicesBetween(before: GuestSample, after: GuestSample): DeviceUsage {
  const was = new Map(counters(before));
  return Object.fromEntries(
    counters(after).map(([name, now]) => {
      const then = was.get(name) ?? [0, 0, 0, 0];
      // Taken away and given again: its counters began anew.
      const from = now.some((amount, index) => amount < (then[index] ?? 0)) ? [0, 0, 0, 0] : then;
      const at = (index: 0 | 1 | 2 | 3) => now[index] - (from[index] ?? 0);
      return [name, [at(0), at(1), at(2), at(3)] as const];
    }),
  );
}

type Counters = readonly [name: string, values: readonly [number, number, number, number]];

export function counters({ disks, nics }: Pick<GuestSample, "disks" | "nics">): Counters[] {
  return [
    ...disks.map(
      (disk): Counters => [`disk:${disk.name}`, [disk.readBytes, disk.writtenBytes, disk.reads, disk.writes]],
    ),
    ...nics.map(
      (nic): Counters => [`nic:${nic.name}`, [nic.inBytes, nic.outBytes, nic.inPackets, nic.outPackets]],
    ),
  ];
}

function sumOf(devices: DeviceUsage, kind: string, index: 0 | 1): number {
  return Object.entries(devices)
    .filter(([name]) => name.startsWith(kind))
    .reduce((total, [, used]) => total + used[index], 0);
}

/** What no column holds is nothing that a guest has, and one such row would refuse those of all guests beside it. */
const mostMib = 2 ** 31 - 1;

function mib(kib: number | null): number | null {
  const rounded = kib === null ? null : Math.round(kib / 1_024);
  return rounded !== null && rounded <= mostMib ? rounded : null;
}
