/** What an idle cloud holds in memory with PostgreSQL and, where guests are real, libvirt: the sum over its processes. */
import { setTimeout as pause } from "node:timers/promises";
import type { Figure } from "../figure.ts";
import { processesOf, pssMegabytes } from "../load/processes.ts";

const settleMs = 60_000;
const times = 5;
const betweenMs = 3_000;

export const idlePss: Figure = {
  name: "idle.pss",
  unit: "MB",
  aim: { of: "p50", atMost: 850 },
  stand: "guests",
  measure: async ({ cloud }) => {
    await (await fetch(`${cloud.url}/sign-in`)).text();
    await pause(settleMs);
    const samples: number[] = [];
    let parts: [string, number][] = [];
    for (let index = 0; index < times; index++) {
      parts = sums(cloud.process.pid ?? 0, cloud.data);
      samples.push(parts.reduce((sum, [, megabytes]) => sum + megabytes, 0));
      await pause(betweenMs);
    }
    return { samples, note: parts.map(([part, megabytes]) => `${part} ${Math.round(megabytes)}`).join(", ") };
  },
};

const partsOf = [
  ["PostgreSQL", /postgres/],
  ["web", /apps\/web\/server\/main/],
  ["controller", /apps\/controller/],
  ["agent", /apps\/agent/],
  ["libvirt", /libvirtd|virtlogd/],
  ["OVN", /ovn-|[ns]b\.db/],
  ["Open vSwitch", /ovs-vswitchd|ovsdb-server/],
  ["supervisor", /boot\/start/],
] as const;

function sums(root: number, data: string): [string, number][] {
  const found = new Map<string, number>();
  for (const { pid, command } of processesOf(root, data)) {
    const part = partsOf.find(([, pattern]) => pattern.test(command))?.[0] ?? "npm";
    found.set(part, (found.get(part) ?? 0) + pssMegabytes(pid));
  }
  return [...found];
}
