/**
 * Who of this process's viewers is in control, as the database says. An answer is good for a lease: who can't be asked
 * about may have lost control to a viewer of another process, and two must never type at once.
 */

/** Milliseconds since the question. */
const leaseMs = 3_000;

type ControlWatch = {
  /** Resolves after a question that was put after this call, and applied; rejects when it failed. At most one is put at a time. */
  look: () => Promise<void>;
  /** Takes control from all when the last answer is too old. To be called about every second. */
  lapse: () => void;
};

export type Controlled = { setControl: (inControl: boolean) => void };

/** `now`: milliseconds of a clock that never goes back. */
export function watchControl(
  viewers: ReadonlyMap<string, Controlled>,
  ask: (ids: string[]) => Promise<ReadonlySet<string>>,
  now: () => number,
): ControlWatch {
  let askedAt = Number.NEGATIVE_INFINITY;
  const lapse = () => {
    if (now() - askedAt > leaseMs) for (const viewer of viewers.values()) viewer.setControl(false);
  };
  const apply = async () => {
    const asked = now();
    const seen = [...viewers];
    const inControl = await ask(seen.map(([id]) => id));
    askedAt = asked;
    // First those who lose it: two never type at once.
    for (const [id, viewer] of seen) if (!inControl.has(id)) viewer.setControl(false);
    if (now() - asked > leaseMs) return lapse();
    for (const [id, viewer] of seen) if (inControl.has(id)) viewer.setControl(true);
  };
  return { look: oneAtATime(apply), lapse };
}

/** Whoever calls while work is under way shares the one run that follows it, however many they are. */
export function oneAtATime(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null;
  let next: Promise<void> | null = null;
  const start = () => {
    next = null;
    const run = work().finally(() => {
      if (running === run) running = null;
    });
    running = run;
    return run;
  };
  return () => {
    if (!running) return start();
    next ??= running.catch(() => {}).then(start);
    return next;
  };
}
