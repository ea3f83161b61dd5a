/** Whether this agent can work. One that lost its control plane still keeps its guests: degraded, not failed. */
import { degraded, failed, type Health, overallHealth, well } from "@madang/core/health";
import { downAfterMs } from "@madang/core/hypervisor/state";
import { longPollMs } from "@madang/core/wire/agent";
import type { HypervisorFigures } from "./metrics.ts";

/** A pull is answered at the latest then; the rest is the network's. */
const pullLateMs = 2 * longPollMs;
/** The fleet looks at everything each 10 s. */
const driverLateMs = 60_000;

export function judgeAgent(wanted: number, all: readonly HypervisorFigures[]): Health {
  const worst = (of: (one: HypervisorFigures) => number) => Math.max(0, ...all.map(of));
  const late = (ageMs: number, limitMs: number) => {
    const figures = { ageSeconds: ageMs / 1_000 };
    return ageMs > limitMs ? degraded("unreachable", figures) : well(figures);
  };
  const listAgeMs = worst((one) => one.listAgeMs);
  const parts = {
    hypervisors:
      all.length < wanted ? degraded("starting", { joined: all.length }) : well({ joined: all.length }),
    pull: late(
      worst((one) => one.pullAgeMs),
      pullLateMs,
    ),
    report: late(
      worst((one) => one.reportAgeMs),
      downAfterMs,
    ),
    driver: listAgeMs > driverLateMs ? failed("notWorking", { ageSeconds: listAgeMs / 1_000 }) : well(),
  };
  return overallHealth(parts, ["driver"]);
}
