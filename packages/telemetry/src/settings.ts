import { z } from "zod";
import type { MetricsPlace } from "./listener.ts";

/** For each app's `env.ts`. Without a port there is no listener; 0 is any free one, and the log says which. */
export const metricsSettings = {
  MADANG_METRICS_PORT: z.coerce.number().int().min(0).max(65_535).optional(),
  MADANG_METRICS_LISTEN: z.string().min(1).default("127.0.0.1"),
};

type Parsed = { MADANG_METRICS_PORT?: number | undefined; MADANG_METRICS_LISTEN: string };

export function metricsPlace({ MADANG_METRICS_PORT: port, MADANG_METRICS_LISTEN: host }: Parsed) {
  const place: MetricsPlace | null = port === undefined ? null : { host, port };
  return place;
}
