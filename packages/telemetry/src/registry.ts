import { collectDefaultMetrics, Gauge, Registry } from "prom-client";

/** From a hint in a process to a guest's boot, s. */
export const secondsBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** A registry of its own with what Node tells of itself: CPU, memory, garbage collection, event loop. */
export function openRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}

/** Makes gauges of this registry. */
export function gaugesOf(registry: Registry) {
  return <L extends string>(name: string, help: string, ...labelNames: L[]) =>
    new Gauge({ name, help, labelNames, registers: [registry] });
}

/** Runs `work` and tells how long it took, s, and what it threw, if it did. */
export async function timed<T>(
  work: () => Promise<T>,
  done: (seconds: number, error: unknown) => void,
): Promise<T> {
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1_000;
  try {
    const result = await work();
    done(seconds(), null);
    return result;
  } catch (error) {
    done(seconds(), error);
    throw error;
  }
}
