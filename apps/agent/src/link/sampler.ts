/**
 * Looks at what the guests use, all of them in one call, and tells it beside the reports. A control plane that does not ask
 * for it is told nothing. What could not be sent waits ten minutes and is then dropped; nothing else waits for it.
 */
import { randomUUID } from "node:crypto";
import {
  type Look,
  type MetricsReport,
  mostSampledGuests,
  mostSamples,
  oldestSampleMs,
  sampleEveryMs,
} from "@madang/core/wire/metrics";
import type { HypervisorDriver } from "@madang/drivers/hypervisor/driver";
import type { Logger } from "pino";
import type { Link } from "./client.ts";

export type SamplerDeps = {
  link: () => Pick<Link, "metrics">;
  driver: Pick<HypervisorDriver, "sample">;
  log: Logger;
  everyMs?: number;
  /** ms, only goes forward */
  clock?: () => number;
};

export type Sampler = {
  /** Whether the control plane asks for it. */
  follow: (wanted: boolean) => void;
  stop: () => Promise<void>;
};

/** After a time away what is kept goes out as fast as this, ms, so that a thousand agents do not send it at once. */
const catchUpMs = 500;

type Sampling = {
  readonly deps: SamplerDeps;
  readonly clock: () => number;
  readonly run: string;
  wanted: boolean;
  kept: Look[];
  sending: Promise<void> | null;
  looking: Promise<void> | null;
  ended: boolean;
  wake: () => void;
};

export function startSampler(deps: SamplerDeps): Sampler {
  const clock = deps.clock ?? (() => performance.now());
  const state: Sampling = {
    ...{ deps, clock, run: randomUUID(), wanted: false, kept: [] },
    ...{ sending: null, looking: null, ended: false, wake: () => {} },
  };
  const timer = setInterval(() => {
    if (!state.wanted || state.looking) return;
    state.looking = look(state).finally(() => {
      state.looking = null;
    });
  }, deps.everyMs ?? sampleEveryMs);
  timer.unref();
  return {
    follow: (wanted) => {
      state.wanted = wanted;
      if (!wanted) state.kept = [];
    },
    stop: async () => {
      state.ended = true;
      clearInterval(timer);
      state.wake();
      await Promise.all([state.looking, state.sending]);
    },
  };
}

async function look(state: Sampling): Promise<void> {
  const { deps, clock } = state;
  try {
    const guests = await deps.driver.sample();
    const clockMs = clock();
    for (let at = 0; at < guests.length; at += mostSampledGuests)
      state.kept.push({ clockMs, guests: guests.slice(at, at + mostSampledGuests) });
  } catch (error) {
    deps.log.debug({ err: error }, "guests were not sampled");
  }
  state.kept = state.kept.filter(({ clockMs }) => clock() - clockMs < oldestSampleMs);
  if (state.kept.length === 0 || state.ended) return;
  state.sending ??= sendAll(state).finally(() => {
    state.sending = null;
  });
}

/** Oldest first. What was refused is sent again with the next look, until it is too old. */
async function sendAll(state: Sampling): Promise<void> {
  const { deps, clock } = state;
  while (state.kept.length > 0 && !state.ended) {
    const looks = portion(state.kept);
    const report: MetricsReport = { version: 1, run: state.run, clockMs: clock(), looks };
    try {
      await deps.link().metrics(report);
    } catch (error) {
      deps.log.debug({ err: error, kept: state.kept.length }, "samples were not taken");
      return;
    }
    state.kept = state.kept.filter((one) => !looks.includes(one));
    if (state.kept.length > 0) await pause(state, catchUpMs);
  }
}

/** A report holds few enough guests to be read at once. */
function portion(kept: readonly Look[]): Look[] {
  let guests = 0;
  const fits = kept.slice(0, mostSamples).filter((one, index) => {
    guests += one.guests.length;
    return index === 0 || guests <= mostSampledGuests;
  });
  return kept.slice(0, fits.length);
}

function pause(state: Sampling, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    state.wake = () => {
      clearTimeout(timer);
      resolve();
    };
  });
}
