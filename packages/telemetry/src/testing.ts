/// <reference path="./parse-prometheus-text-format.d.ts" />
/** Reads a process's figures as Prometheus would, with somebody else's parser. */
import parse from "parse-prometheus-text-format";

/** Of any text: what is in it, by family. */
export { default as parsePrometheus } from "parse-prometheus-text-format";

export type Figures = {
  names: string[];
  /** Of the one sample with these labels, which need not be all of them: added up. 0 when there is none. */
  value: (name: string, labels?: Record<string, string>) => number;
  /** How often a histogram observed. */
  count: (name: string, labels?: Record<string, string>) => number;
};

export async function readFigures(url: string): Promise<Figures> {
  const response = await fetch(`${url}/metrics`);
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  const text = await response.text();
  // The parser drops the labels of histograms; without their type, their samples are read like any other.
  const families = parse(text.replaceAll(/^# TYPE \S+ histogram$/gm, ""));
  const samples = (name: string, labels: Record<string, string> = {}) =>
    families
      .filter((family) => family.name === name)
      .flatMap(({ metrics }) => metrics)
      .filter((sample) => Object.entries(labels).every(([label, value]) => sample.labels?.[label] === value));
  const sum = (numbers: (string | undefined)[]) =>
    numbers.reduce((total, one) => total + Number(one ?? 0), 0);
  return {
    names: [...text.matchAll(/^# HELP (\S+)/gm)].map(([, name = ""]) => name),
    value: (name, labels) => sum(samples(name, labels).map(({ value }) => value)),
    count: (name, labels) => sum(samples(`${name}_count`, labels).map(({ value }) => value)),
  };
}
