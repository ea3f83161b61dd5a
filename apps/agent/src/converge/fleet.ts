/**
 * All guests of this hypervisor. A guest is converged while a snapshot names it; one that no snapshot names any more is
 * left exactly as it is (absence is never an order), and is reported as an orphan if it is there.
 */
import type { Orphan, Snapshot } from "@madang/core/wire/agent";
import type { GuestReport, GuestSpec } from "@madang/core/wire/guest";
import type { GuestObservation, HypervisorDriver } from "@madang/drivers/hypervisor/driver";
import type { Logger } from "pino";
import { createGuestWorker, type GuestDeps, type GuestWorker } from "./guest.ts";
import { createOrphanage } from "./orphanage.ts";

export type Fleet = {
  apply: (snapshot: Snapshot) => void;
  report: (guestId: string) => GuestReport | null;
  reports: () => GuestReport[];
  /** null until a snapshot came and the hypervisor was looked at: before that nobody can say who is an orphan. */
  orphans: () => Orphan[] | null;
  specs: () => GuestSpec[];
  /** Looks at every guest there is; what a lost watch event would have said. */
  sweep: () => Promise<void>;
  stop: () => Promise<void>;
};

export type FleetDeps = GuestDeps & {
  driver: HypervisorDriver;
  log: Logger;
  /** There are other orphans than before. */
  onOrphans: () => void;
  /** What else is looked at with each sweep. */
  onSweep?: () => Promise<void>;
};

const sweepMs = 10_000;

export function createFleet(deps: FleetDeps): Fleet {
  const workers = new Map<string, GuestWorker>();
  const orphanage = createOrphanage({
    ...deps,
    isNamed: (guestId) => workers.has(guestId),
    again: () => void sweep().catch(sweepFailed),
  });
  let sweeping = Promise.resolve();
  let timer: NodeJS.Timeout | null = null;
  let ended = false;

  const apply = ({ guests, orphanOrders }: Snapshot) => {
    const named = new Set(guests.map(({ guestId }) => guestId));
    for (const [guestId, worker] of workers) if (!named.has(guestId)) release(guestId, worker);
    for (const spec of guests) {
      const worker = workers.get(spec.guestId);
      if (worker) worker.order(spec);
      else takeOn(spec);
    }
    orphanage.order(orphanOrders.map(({ guestId }) => guestId));
  };
  const takeOn = (spec: GuestSpec) => {
    const worker = createGuestWorker(deps, spec);
    workers.set(spec.guestId, worker);
    worker.look();
  };
  const release = (guestId: string, worker: GuestWorker) => {
    workers.delete(guestId);
    const removed = worker.spec().desired === "absent" && worker.report()?.observed === "absent";
    void worker.stop().then(() => (removed ? undefined : sweep().catch(sweepFailed)));
    if (removed) void deps.memory.forget(guestId).catch((error) => deps.log.warn({ err: error }, "memory"));
  };

  const sweepFailed = (error: unknown) => deps.log.warn({ err: error }, "sweep failed");
  /** One at a time, so that an older look never has the last word. */
  const sweep = () => {
    sweeping = sweeping.catch(() => {}).then(lookAtAll);
    return sweeping;
  };
  const lookAtAll = async () => {
    if (ended) return;
    await deps.onSweep?.().catch((error) => deps.log.warn({ err: error }, "volumes were not swept"));
    const present = await deps.driver.list();
    await orphanage.look(present);
    await deps.ports.sweep(present).catch((error) => deps.log.warn({ err: error }, "ports were not swept"));
    const seen = new Map(present.map((guest) => [guest.guestId, guest]));
    for (const [guestId, worker] of workers)
      if (!isQuiet(worker, seen.get(guestId)) || differs(deps, worker.spec(), seen.get(guestId) ?? null))
        worker.look();
  };
  const sweepOn = async () => {
    await sweep().catch(sweepFailed);
    if (!ended) timer = setTimeout(sweepOn, sweepMs);
  };
  const unwatch = deps.driver.watch((guestId) => workers.get(guestId)?.look());
  void sweepOn();

  return {
    apply,
    sweep,
    report: (guestId) => workers.get(guestId)?.report() ?? null,
    reports: () => [...workers.values()].flatMap((worker) => worker.report() ?? []),
    orphans: orphanage.orphans,
    specs: () => [...workers.values()].map((worker) => worker.spec()),
    stop: async () => {
      ended = true;
      if (timer) clearTimeout(timer);
      unwatch();
      await Promise.all([orphanage.stop(), ...[...workers.values()].map((worker) => worker.stop())]);
    },
  };
}

function differs({ ports, disks }: FleetDeps, spec: GuestSpec, seen: GuestObservation | null): boolean {
  return ports.differ(spec, seen) || disks.differ(spec, seen);
}

/** Its last answer is for its newest order, and is still what is seen. */
function isQuiet(worker: GuestWorker, seen: GuestObservation | undefined): boolean {
  const report = worker.report();
  if (!report) return false;
  const { generation, observed, rebootSeq, phase, fault } = report;
  if (seen?.halted) return false;
  const current = generation === worker.spec().generation && phase === null && fault === null;
  return current && observed === (seen?.observed ?? "absent") && rebootSeq === (seen?.rebootSeq ?? 0);
}
