import { failed, overallHealth, well } from "@madang/core/health";
import parse from "parse-prometheus-text-format";
import { afterEach, expect, it } from "vitest";
import {
  Counter,
  Histogram,
  type MetricsListener,
  openRegistry,
  startMetricsListener,
  timed,
} from "./index.ts";

let listener: MetricsListener | null = null;
afterEach(() => listener?.close());

async function start(database = well()) {
  const registry = openRegistry();
  const calls = new Counter({
    name: "calls_total",
    help: "Calls.",
    labelNames: ["kind"],
    registers: [registry],
  });
  const seconds = new Histogram({ name: "call_seconds", help: "Calls.", registers: [registry] });
  const health = async () => overallHealth({ database }, ["database"]);
  listener = await startMetricsListener({ host: "127.0.0.1", port: 0 }, { registry, health });
  return { url: listener.url, calls, seconds };
}

it("tells what was counted, in a form that a parser of Prometheus' reads", async () => {
  const { url, calls, seconds } = await start();
  calls.inc({ kind: "read" }, 3);
  await timed(
    async () => "done",
    (took) => seconds.observe(took),
  );
  const response = await fetch(`${url}/metrics`);
  expect(response.headers.get("content-type")).toContain("text/plain; version=0.0.4");
  const families = parse(await response.text());
  const family = (name: string) => families.find((one) => one.name === name);
  expect(family("calls_total")?.metrics).toEqual([{ value: "3", labels: { kind: "read" } }]);
  expect(family("call_seconds")?.metrics).toEqual([expect.objectContaining({ count: "1" })]);
  expect(family("process_cpu_seconds_total")).toBeDefined();
  expect(family("nodejs_eventloop_lag_seconds")).toBeDefined();
});

it("lives, and can work only while nothing needed has failed", async () => {
  const { url } = await start();
  expect((await fetch(`${url}/health`)).status).toBe(200);
  expect((await fetch(`${url}/nothing`)).status).toBe(404);
  expect((await fetch(`${url}/metrics`, { method: "POST" })).status).toBe(405);
  await listener?.close();
  const broken = await start(failed("unreachable"));
  const answer = await fetch(`${broken.url}/health`);
  expect(answer.status).toBe(503);
  expect(await answer.json()).toMatchObject({
    status: "failed",
    parts: { database: { status: "failed", reason: "unreachable" } },
  });
  expect((await fetch(`${broken.url}/health/live`)).status).toBe(200);
});

it("says how long what failed took, and lets the failure through", async () => {
  const told: unknown[] = [];
  const work = timed(
    () => Promise.reject(new Error("no")),
    (_seconds, error) => told.push(error),
  );
  await expect(work).rejects.toThrow("no");
  expect(told).toEqual([new Error("no")]);
});
