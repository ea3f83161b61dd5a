import { mostInReport, type ReportInput } from "@madang/core/wire/agent";
import type { VolumeReport } from "@madang/core/wire/volume";
import { pino } from "pino";
import { expect, it, vi } from "vitest";
import { scriptedDriver } from "../testing/scripted-driver.ts";
import type { Link } from "./client.ts";
import { startReporter } from "./report.ts";

const volume = (index: number): VolumeReport => ({
  volumeId: String(index),
  ...{ generation: 1, observed: "available", sizeBytes: 1, usedBytes: 1, snapshots: [], revertSeq: 0 },
  ...{ phase: null, percent: null, fault: null },
});
const inventory = { vcpus: 1, ramMib: 1, diskGib: 1, cpuModel: "", kernel: "" };

it("more volumes than one report may tell of are told of by several, and said to be too many", async () => {
  const all = Array.from({ length: mostInReport + 1 }, (_, index) => volume(index));
  const orphans = all.map(({ volumeId }) => ({ volumeId, usedBytes: 1 }));
  const sent: ReportInput[] = [];
  const warn = vi.fn();
  const none = () => Promise.reject(new Error("not asked"));
  const link: Link = {
    ...{
      join: none,
      pull: none,
      renew: none,
      userData: none,
      image: none,
      exported: none,
      metrics: none,
      piece: none,
    },
    report: async (input) => void sent.push(input),
  };
  const reporter = startReporter({
    link: () => link,
    driver: { ...scriptedDriver(), inventory: async () => inventory },
    network: async () => ({ datapath: "none", switchEnds: 0, emergency: null }),
    ...{ bootId: crypto.randomUUID(), version: "1", reports: () => [], report: () => null },
    orphans: () => [],
    volumes: { storage: () => ({ pools: [], orphans }), reports: () => all, report: () => null },
    log: Object.assign(pino({ level: "silent" }), { warn }),
  });
  await vi.waitFor(() => expect(sent).toHaveLength(1));
  reporter.refresh();
  await vi.waitFor(() => expect(sent).toHaveLength(2));
  await reporter.stop();
  for (const { volumes, storage } of sent)
    expect([volumes?.length, storage?.orphans.length]).toEqual([mostInReport, mostInReport]);
  expect(new Set(sent.flatMap(({ volumes = [] }) => volumes.map(({ volumeId }) => volumeId))).size).toBe(
    all.length,
  );
  expect(warn).toHaveBeenCalledTimes(1);
});
