export { Counter, Gauge, Histogram, Registry } from "prom-client";
export { exposition, type Figure } from "./exposition.ts";
export { type MetricsListener, type MetricsPlace, startMetricsListener } from "./listener.ts";
export { gaugesOf, openRegistry, secondsBuckets, timed } from "./registry.ts";
export { metricsPlace, metricsSettings } from "./settings.ts";
export { showMetrics } from "./show.ts";
export { within } from "./within.ts";
