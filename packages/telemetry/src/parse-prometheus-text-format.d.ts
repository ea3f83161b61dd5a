declare module "parse-prometheus-text-format" {
  type Labels = Record<string, string>;
  /** A histogram has count, sum and buckets instead of a value. */
  type Sample = {
    value?: string;
    labels?: Labels;
    count?: string;
    sum?: string;
    buckets?: Record<string, string>;
  };
  export type Family = { name: string; help: string; type: string; metrics: Sample[] };
  export default function parsePrometheusTextFormat(text: string): Family[];
}
