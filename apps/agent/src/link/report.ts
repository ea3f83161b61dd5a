/**
 * Tells the control plane what is here: changes at once (those of 50 ms in one report, mere progress at most twice a
 * second), everything at least every five seconds. Converging never waits for it.
 */
import { reportIntervalMs } from "@madang/core/hypervisor/state";
import { type ReportInput, wireVersion } from "@madang/core/wire/agent";
import type { GuestReport } from "@madang/core/wire/guest";
import type { HypervisorDriver } from "@madang/drivers/hypervisor/driver";
import type { Logger } from "pino";
import type { Link } from "./client.ts";

export type ReportDeps = {
  link: () => Link;
  driver: HypervisorDriver;
  bootId: string;
  version: string;
  reports: () => GuestReport[];
  report: (guestId: string) => GuestReport | null;
  orphans: () => ReportInput["orphans"];
  log: Logger;
};

export type Reporter = {
  /** `urgent` is false for mere progress. */
  changed: (guestId: string, urgent: boolean) => void;
  stop: () => Promise<void>;
};

const coalesceMs = 50;
const progressMs = 500;
const retryMs = 1_000;

export function startReporter(deps: ReportDeps): Reporter {
  const agentStartedAt = new Date().toISOString();
  const changed = new Set<string>();
  let sequence = 0;
  /** When the next report goes out, and from when on it must be complete. */
  let dueAt = 0;
  let completeAt = 0;
  let timer: NodeJS.Timeout | null = null;
  let sending: Promise<void> | null = null;
  let ended = false;

  const compose = async (complete: boolean, guestIds: readonly string[]): Promise<ReportInput> => ({
    version: wireVersion,
    bootId: deps.bootId,
    sequence: sequence++,
    agentStartedAt,
    agentVersion: deps.version,
    driver: deps.driver.kind,
    capabilities: deps.driver.capabilities,
    inventory: await deps.driver.inventory(),
    guests: complete ? deps.reports() : guestIds.flatMap((id) => deps.report(id) ?? []),
    orphans: deps.orphans(),
    complete,
  });

  const send = async () => {
    const complete = Date.now() >= completeAt;
    const guestIds = [...changed];
    changed.clear();
    dueAt = Number.POSITIVE_INFINITY;
    try {
      await deps.link().report(await compose(complete, guestIds));
      if (complete) completeAt = Date.now() + reportIntervalMs;
    } catch (error) {
      deps.log.debug({ err: error }, "report was not taken");
      // The next one says everything, so what this one said is not lost.
      completeAt = 0;
      dueAt = Date.now() + retryMs;
      return;
    }
    dueAt = Math.min(dueAt, completeAt);
  };

  const fire = () => {
    sending = send().finally(() => {
      sending = null;
      arm();
    });
  };
  const arm = () => {
    if (timer) clearTimeout(timer);
    if (!ended && !sending) timer = setTimeout(fire, Math.max(0, dueAt - Date.now()));
  };
  arm();

  return {
    changed: (guestId, urgent) => {
      changed.add(guestId);
      dueAt = Math.min(dueAt, Date.now() + (urgent ? coalesceMs : progressMs));
      arm();
    },
    stop: async () => {
      ended = true;
      if (timer) clearTimeout(timer);
      await sending;
    },
  };
}
