import type { ReportInput } from "@madang/core/wire/agent";
import { describe, expect, it, vi } from "vitest";
import type { Link } from "./client.ts";
import { openLinkFaults, perfectLink } from "./faults.ts";

const snapshot = {
  revision: "1",
  hypervisorId: crypto.randomUUID(),
  guests: [],
  consoles: [],
  orphanOrders: [],
};

/** Answers at once, but a pull only when it is told to or given up. */
function plainLink() {
  const reports: number[] = [];
  const answer = Promise.withResolvers<void>();
  let pulls = 0;
  const refuse = () => Promise.reject(new Error("not asked for here"));
  const link: Link = {
    join: refuse,
    renew: refuse,
    userData: refuse,
    image: refuse,
    exported: refuse,
    metrics: refuse,
    piece: refuse,
    report: async ({ sequence }) => void reports.push(sequence),
    pull: async (_input, signal) => {
      pulls++;
      signal.addEventListener("abort", () => answer.reject(signal.reason));
      await answer.promise;
      return snapshot;
    },
  };
  return { link, reports, answer: answer.resolve, pulls: () => pulls };
}

const report = (sequence: number): ReportInput => ({
  version: 1,
  bootId: crypto.randomUUID(),
  sequence,
  agentStartedAt: new Date().toISOString(),
  agentVersion: "1",
  driver: "simulated",
  capabilities: {
    graphicalConsole: true,
    serialConsole: true,
    consoleLog: true,
    realDisks: false,
    acceleration: "none",
  },
  inventory: { vcpus: 1, ramMib: 1, diskGib: 1, cpuModel: "", kernel: "" },
  guests: [],
  orphans: [],
  complete: true,
});
const pullInput = { version: 1, bootId: crypto.randomUUID(), revision: null } as const;

describe("the link of a simulated hypervisor", () => {
  it("lets everything through while nothing is wrong", async () => {
    const plain = plainLink();
    const link = openLinkFaults().wrap(plain.link);
    const pull = link.pull(pullInput, new AbortController().signal);
    await link.report(report(1));
    plain.answer();
    expect(await pull).toEqual(snapshot);
    expect(plain.reports).toEqual([1]);
  });

  it("lets nothing through a partition either way, and everything after it", async () => {
    const plain = plainLink();
    const faults = openLinkFaults();
    const link = faults.wrap(plain.link);
    const underWay = link.pull(pullInput, new AbortController().signal);
    faults.set({ ...perfectLink, partition: true });
    await expect(underWay).rejects.toMatchObject({ code: "Unavailable" });
    await expect(link.report(report(1))).rejects.toMatchObject({ options: { retry: "later" } });
    expect(plain.reports).toEqual([]);
    expect(plain.pulls()).toBe(1);
    faults.set(perfectLink);
    await link.report(report(2));
    expect(plain.reports).toEqual([2]);
  });

  it("delivers reports late, and again after newer ones, by the newest link", async () => {
    const [old, renewed] = [plainLink(), plainLink()];
    const faults = openLinkFaults({ ...perfectLink, reportDelayMs: 20, reportAgainMs: 80 });
    const link = faults.wrap(old.link);
    const first = link.report(report(1));
    expect(old.reports).toEqual([]);
    await first;
    faults.wrap(renewed.link);
    faults.set(perfectLink);
    await link.report(report(2));
    expect(old.reports).toEqual([1, 2]);
    await vi.waitFor(() => expect(renewed.reports).toEqual([1]), { timeout: 10_000 });
  });
});
