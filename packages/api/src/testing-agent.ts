/** The agent of a hypervisor that a test made, as it reports and pulls. */
import type { Orphan, ReportInput } from "@madang/core/wire/agent";
import type { AgentDeps } from "./agent/deps.ts";
import { agentRouter } from "./agent/router.ts";
import { agentCallerFactory } from "./agent/trpc.ts";
import type { TestCloud } from "./testing.ts";

const makeCaller = agentCallerFactory(agentRouter);
const bootId = crypto.randomUUID();
const agentStartedAt = new Date().toISOString();
let sequence = 0;

type Host = { hypervisorId: string; serial: string };

function callerOf(cloud: TestCloud, { hypervisorId, serial }: Host) {
  const deps: AgentDeps = { ...cloud.deps, agents: cloud.database, bus: cloud.bus };
  const certificate = { subjectAltName: `URI:madang://hypervisor/${hypervisorId}`, serialNumber: serial };
  return makeCaller({ deps, certificate, requestId: "req-test" });
}

/** Of no guests; each has the next number of the same run. */
export const reportOf = (change: Partial<ReportInput> = {}): ReportInput => ({
  version: 1,
  bootId,
  sequence: sequence++,
  agentStartedAt,
  agentVersion: "1",
  driver: "simulated",
  capabilities: {
    ...{ graphicalConsole: true, serialConsole: true, consoleLog: true, realDisks: false },
    acceleration: "none",
  },
  inventory: { vcpus: 8, ramMib: 16_384, diskGib: 100, cpuModel: "test", kernel: "test" },
  guests: [],
  orphans: [],
  complete: true,
  ...change,
});

/** Reports no guests. */
export async function reportOrphans(
  cloud: TestCloud,
  host: Host,
  orphans: Orphan[],
  change: Partial<ReportInput> = {},
): Promise<void> {
  await callerOf(cloud, host).report(reportOf({ orphans, ...change }));
}

export const pulledBy = (cloud: TestCloud, host: Host) =>
  callerOf(cloud, host).pull({ version: 1, bootId, revision: null });

/** A guest in the test's project that no snapshot names. */
export const orphanOf = (cloud: TestCloud, change: Partial<Orphan> = {}): Orphan => ({
  guestId: crypto.randomUUID(),
  name: "lost",
  observed: "running",
  body: {
    instanceId: crypto.randomUUID(),
    projectId: cloud.projectId,
    generation: 7,
    rebootSeq: 3,
    hostname: "lost",
    vcpus: 1,
    ramMib: 256,
    diskGib: 1,
    machineType: "pc-q35-7.2",
    image: { sha256: "a".repeat(64), sizeBytes: 1_000, virtualSizeBytes: 64 * 1024 ** 2, format: "qcow2" },
  },
  fault: null,
  ...change,
});
