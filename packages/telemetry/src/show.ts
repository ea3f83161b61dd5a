import { type MetricsListener, type MetricsPlace, type Sources, startMetricsListener } from "./listener.ts";

type Log = {
  info: (fields: object, message: string) => void;
  error: (fields: object, message: string) => void;
};

/** Answers null when no place was named. A port that can't be had is told; the process works on without it. */
export async function showMetrics(
  place: MetricsPlace | null,
  sources: Sources,
  log: Log,
): Promise<MetricsListener | null> {
  if (!place) return null;
  try {
    const listener = await startMetricsListener(place, sources);
    log.info({ url: listener.url }, "metrics are here");
    return listener;
  } catch (error) {
    log.error({ err: error, ...place }, "metrics can't be shown");
    return null;
  }
}
