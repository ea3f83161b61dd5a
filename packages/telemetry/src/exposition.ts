/** Figures that are known whole, as the text that Prometheus reads. */
import { Counter, Gauge, Registry } from "prom-client";

export type Figure = {
  name: string;
  help: string;
  kind: "counter" | "gauge";
  labels: readonly string[];
  values: readonly { labels: Readonly<Record<string, string>>; value: number }[];
};

/** A registry of its own each time, so that what is gone is not told again. */
export async function exposition(figures: readonly Figure[]): Promise<{ type: string; text: string }> {
  const registry = new Registry();
  for (const { name, help, kind, labels, values } of figures) {
    const options = { name, help, labelNames: [...labels], registers: [registry] };
    const metric = kind === "counter" ? new Counter(options) : new Gauge(options);
    for (const one of values) metric.inc(one.labels, one.value);
  }
  return { type: registry.contentType, text: await registry.metrics() };
}
