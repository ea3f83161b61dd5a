import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { openDatabase } from "@madang/db";
import { type Figures, readFigures } from "@madang/telemetry/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { type Cloud, eventually, password, startCloud } from "./testing/whole-cloud.ts";

/** A cloud of real processes on two shared cores. */
const patience = { timeout: 240_000 };
const guestPassword = "a guest's long passphrase 77";
const userData = "#!/bin/sh\necho user-data-nobody-may-log\n";

const page = z.object({ items: z.array(z.object({ id: z.string() })) });
const started = z.object({ operationIds: z.array(z.string()) });
const opened = z.object({ ticket: z.string(), path: z.string() });
const line = z.looseObject({ msg: z.string() });
type Line = z.infer<typeof line>;

let cloud: Cloud;
let projectId: string;
let flavorId: string;
let imageId: string;
beforeAll(async () => {
  cloud = await startCloud({ slowMs: 50, hypervisors: 2, pages: false });
  const hypervisors = z.object({ items: z.array(z.object({ state: z.string() })) });
  await eventually(async () => {
    const { items } = hypervisors.parse(await cloud.query("admin.hypervisor.list", {}));
    return items.filter(({ state }) => state === "up").length === 2;
  });
  const me = z.object({ projects: z.array(z.object({ id: z.string() })) });
  projectId = me.parse(await cloud.query("account.me", {})).projects[0]?.id ?? "";
  imageId = page.parse(await cloud.query("image.list", { projectId })).items[0]?.id ?? "";
  flavorId = page.parse(await cloud.query("flavor.list", { projectId, sort: "ramMib" })).items[0]?.id ?? "";
});
afterAll(() => cloud?.close());

async function launch(count = 1): Promise<{ ids: string[]; operationIds: string[] }> {
  const ids = Array.from({ length: count }, () => crypto.randomUUID());
  const wish = {
    ids,
    projectId,
    name: "followed",
    imageId,
    flavorId,
    keyPairId: null,
    deleteProtection: false,
  };
  const answer = await cloud.mutate("instance.launch", { ...wish, password: guestPassword, userData });
  return { ids, ...started.parse(answer) };
}

async function becomes(id: string, status: string): Promise<void> {
  const instance = z.object({ status: z.string(), taskState: z.string().nullable() });
  await eventually(async () => {
    const seen = instance.parse(await cloud.query("instance.get", { projectId, id }));
    return seen.status === status && seen.taskState === null;
  });
}

type Process = "web" | "controller" | "agent";
const processes: Process[] = ["web", "controller", "agent"];

async function lines(name: Process): Promise<Line[]> {
  const text = await cloud.logs(name);
  return text.split("\n").flatMap((one) => {
    try {
      return [line.parse(JSON.parse(one))];
    } catch {
      return [];
    }
  });
}

/** Where the last process of that name shows its figures. */
async function place(name: Process): Promise<string> {
  const said = (await lines(name)).findLast(({ msg }) => msg === "metrics are here");
  return z.object({ url: z.string() }).parse(said).url;
}

const figures = async (name: Process): Promise<Figures> => readFigures(await place(name));

async function openSocket(path: string): Promise<WebSocket> {
  const headers = { cookie: cloud.cookie(), origin: cloud.url };
  const socket = new WebSocket(`${cloud.url.replace("http", "ws")}${path}`, { headers });
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve);
    socket.addEventListener("error", reject);
  });
  return socket;
}

describe("what the processes tell", patience, () => {
  it("follows one launch from the click through web, controller and agent by its ids", async () => {
    const { ids, operationIds } = await launch();
    const [id = "", operationId = ""] = [ids[0], operationIds[0]];
    await becomes(id, "ACTIVE");
    const click = (await lines("web")).find(
      (one) => one.msg === "call" && one.procedure === "instance.launch" && one.operationId === operationId,
    );
    expect(click).toMatchObject({ projectId, outcome: "ok", durationMs: expect.any(Number) });
    const { requestId, userId } = z.object({ requestId: z.string(), userId: z.uuid() }).parse(click);
    expect(userId).toMatch(/^[0-9a-f-]{36}$/);

    const steps = (await lines("controller")).filter(({ operationId: of }) => of === operationId);
    expect(steps.map(({ step }) => step)).toEqual(expect.arrayContaining(["place", "mark-launched"]));
    for (const step of steps) expect(step).toMatchObject({ requestId, instanceId: id, projectId });

    await eventually(async () =>
      (await lines("agent")).some((one) => one.msg === "attempt" && one.operationId === operationId),
    );
    const attempts = (await lines("agent")).filter(({ operationId: of }) => of === operationId);
    expect(attempts).toContainEqual(
      expect.objectContaining({ instanceId: id, action: "ensure", outcome: "ok", observed: "running" }),
    );
    const reports = (await lines("web")).filter((one) => one.msg === "guest reported");
    expect(reports).toContainEqual(
      expect.objectContaining({ operationId, instanceId: id, observed: "running" }),
    );

    const { pool, close } = openDatabase(cloud.databaseUrl, 1);
    const { rows } = await pool.query("SELECT request_id FROM operation WHERE id = $1", [operationId]);
    await close();
    expect(rows).toEqual([{ request_id: requestId }]);
  });

  it("counts what was done, in a form that Prometheus reads", async () => {
    const [web, controller, agent] = await Promise.all(processes.map(figures));
    if (!web || !controller || !agent) throw new Error("three processes");
    const stream = await openSocket("/ws/trpc");
    const subscription = { path: "event.stream", input: { json: { projectId } } };
    stream.send(JSON.stringify({ id: 1, jsonrpc: "2.0", method: "subscription", params: subscription }));
    await eventually(async () => (await figures("web")).value("madang_streams_open") === 1);
    const { ids } = await launch(3);
    for (const id of ids) await becomes(id, "ACTIVE");
    await expect(cloud.mutate("instance.stop", { projectId, id: crypto.randomUUID() })).rejects.toThrow(
      "404",
    );
    const console = opened.parse(
      await cloud.mutate("instance.openConsole", { projectId, id: ids[0] ?? "", kind: "serial" }),
    );
    const socket = await openSocket(console.path);
    const grown = async (name: Process, before: Figures, metric: string, labels?: Record<string, string>) =>
      (await figures(name)).value(metric, labels) - before.value(metric, labels);

    await eventually(
      async () => (await figures("web")).value("madang_consoles_open", { kind: "serial" }) === 1,
    );
    expect(await grown("web", web, "madang_procedure_calls_total", { procedure: "instance.launch" })).toBe(1);
    expect(
      await grown("web", web, "madang_procedure_calls_total", {
        procedure: "instance.stop",
        outcome: "NotFound",
      }),
    ).toBe(1);
    expect(await grown("web", web, "madang_admissions_refused_total", { code: "NotFound" })).toBe(1);
    const now = await figures("web");
    expect(now.value("madang_stream_events_total")).toBeGreaterThanOrEqual(3);
    expect(now.value("madang_stream_messages_total", { type: "events" })).toBeGreaterThanOrEqual(2);
    stream.close();
    await eventually(async () => (await figures("web")).value("madang_streams_open") === 0);
    expect(now.value("madang_sign_ins_total", { outcome: "ok" })).toBe(1);
    expect(now.count("madang_admission_duration_seconds")).toBe(
      web.count("madang_admission_duration_seconds") + 2,
    );
    expect(now.value("madang_admissions_running") + now.value("madang_admissions_waiting")).toBe(0);
    // An answered poll is followed by the next, but not in the same moment.
    await eventually(async () => (await figures("web")).value("madang_agent_polls_open") === 2);
    expect(now.value("madang_agent_calls_total", { procedure: "report", outcome: "ok" })).toBeGreaterThan(4);
    expect(now.count("madang_agent_report_interval_seconds")).toBeGreaterThan(2);
    expect(now.value("madang_database_pool_connections", { pool: "reads" })).toBeGreaterThan(0);
    expect(now.value("madang_http_responses_total", { listener: "public", status: "2xx" })).toBeGreaterThan(
      5,
    );
    expect(now.value("madang_stream_reader_lag_seconds")).toBeLessThan(60);

    expect(await grown("controller", controller, "madang_reconcile_steps_total", { step: "place" })).toBe(3);
    expect(
      await grown("controller", controller, "madang_reconcile_steps_total", { step: "mark-launched" }),
    ).toBe(3);
    const control = await figures("controller");
    expect(control.value("madang_hypervisors", { state: "up" })).toBe(2);
    expect(control.value("madang_instances_waiting_for_host")).toBe(0);
    expect(control.value("madang_database_up")).toBe(1);
    expect(control.value("madang_authority_seconds_left")).toBeGreaterThan(9 * 365 * 86_400);
    expect(
      control.value("madang_round_last_success_timestamp_seconds", { round: "presence" }),
    ).toBeGreaterThan(0);
    expect(control.count("madang_reconcile_duration_seconds", { kind: "instance" })).toBe(
      control.value("madang_reconcile_passes_total", { kind: "instance" }),
    );

    // A guest may be made first and started after.
    const ensured = await grown("agent", agent, "madang_agent_attempts_total", {
      action: "ensure",
      outcome: "ok",
    });
    expect(ensured).toBeGreaterThanOrEqual(3);
    expect(
      await grown("agent", agent, "madang_agent_driver_calls_total", { call: "ensure", outcome: "ok" }),
    ).toBe(ensured);
    const keeper = await figures("agent");
    expect(await grown("agent", agent, "madang_agent_guests", { observed: "running" })).toBe(3);
    expect(keeper.value("madang_agent_hypervisors")).toBe(2);
    expect(
      keeper.value("madang_agent_driver_calls_total", { call: "ensure", outcome: "ok" }),
    ).toBeGreaterThan(3);
    socket.close();
    await eventually(
      async () => (await figures("web")).value("madang_consoles_open", { kind: "serial" }) === 0,
    );

    const tell = await cloud.logs("web");
    for (const secret of [
      console.ticket,
      guestPassword,
      password,
      cloud.joinToken,
      "user-data-nobody-may-log",
    ])
      for (const name of processes) expect(await cloud.logs(name)).not.toContain(secret);
    const [, session = "-"] = /session-token[^=]*=([^;]+)/.exec(cloud.cookie()) ?? [];
    expect(session.length).toBeGreaterThan(40);
    expect(tell).not.toContain(session);
  });

  it("has a limited number of series, and each metric is explained to operators", async () => {
    const guide = await readFile(
      fileURLToPath(new URL("../../../docs/operations.md", import.meta.url)),
      "utf8",
    );
    // What a project may ask of its instances is told elsewhere (project-metrics.integration.test.ts).
    const explained = new Set(guide.match(/madang_(?!instance_)[a-z_]+/g));
    const known = new Set<string>();
    for (const name of processes) {
      const text = await (await fetch(`${await place(name)}/metrics`)).text();
      expect(text.split("\n").length).toBeLessThan(2_000);
      expect(text).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}/);
      for (const metric of (await figures(name)).names) if (metric.startsWith("madang_")) known.add(metric);
    }
    expect([...known].filter((metric) => !explained.has(metric))).toEqual([]);
    const base = (metric: string) => metric.replace(/_(bucket|sum|count)$/, "");
    expect([...explained].filter((metric) => !known.has(metric) && !known.has(base(metric)))).toEqual([]);
  });

  it("says of each process whether it lives and can work, and degrades when its control plane goes", async () => {
    for (const name of processes) {
      await eventually(async () => (await fetch(`${await place(name)}/health`)).status === 200);
      expect((await fetch(`${await place(name)}/health/live`)).status).toBe(200);
    }
    await cloud.kill("controller");
    const shape = z.object({
      status: z.string(),
      parts: z.record(z.string(), z.looseObject({ reason: z.string().nullable() })),
    });
    const asked = async () => shape.parse(await (await fetch(`${cloud.url}/api/health`)).json());
    await eventually(async () => (await asked()).status === "failed");
    expect((await asked()).parts).toMatchObject({
      controllers: { status: "failed", reason: "none" },
      database: { status: "ok", reason: null },
      agents: { status: "ok" },
    });
    cloud.start("controller");
    await eventually(async () => (await asked()).status === "ok");
  });
});
