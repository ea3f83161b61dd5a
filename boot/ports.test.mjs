import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { choosePorts, demandPort, isFree, metricsWanted } from "./ports.mjs";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "madang-ports-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const wanted = { postgres: { host: "127.0.0.1", fixed: null }, agent: { host: "127.0.0.1", fixed: null } };

async function occupied(work) {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await work(server.address().port);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

test("two different ports below the ephemeral range, the same at the next start", async () => {
  const first = await choosePorts(join(folder, "ports.json"), wanted);
  expect(first.postgres).not.toBe(first.agent);
  for (const port of Object.values(first))
    expect(port).toSatisfy((value) => value >= 20_000 && value < 30_000);
  expect(await choosePorts(join(folder, "ports.json"), wanted)).toEqual(first);
});

test("a kept port that something else took is chosen anew, the other stays", async () => {
  const file = join(folder, "ports.json");
  const first = await choosePorts(file, wanted);
  const second = await choosePorts(file, wanted, async (port) => port !== first.agent);
  expect(second.postgres).toBe(first.postgres);
  expect(second.agent).not.toBe(first.agent);
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(second);
});

test("a port that the person set is taken as it is, free or not", async () => {
  const fixed = { agent: { host: "127.0.0.1", fixed: 4443 } };
  expect(await choosePorts(join(folder, "ports.json"), fixed, async () => false)).toEqual({ agent: 4443 });
});

test("figures have a port a process: chosen, or one after the other from the one the person set", async () => {
  const open = metricsWanted({ metricsPort: null, metricsListen: "127.0.0.1" });
  const chosen = await choosePorts(join(folder, "ports.json"), open);
  expect(Object.keys(chosen)).toEqual(["webMetrics", "controllerMetrics", "agentMetrics"]);
  expect(new Set(Object.values(chosen)).size).toBe(3);
  const fixed = metricsWanted({ metricsPort: 9700, metricsListen: "127.0.0.1" });
  expect(await choosePorts(join(folder, "ports.json"), fixed)).toMatchObject({
    webMetrics: 9700,
    controllerMetrics: 9701,
    agentMetrics: 9702,
  });
  const alone = metricsWanted({ metricsPort: 9700, metricsListen: "127.0.0.1" }, ["agent"]);
  expect(alone).toEqual({ agentMetrics: { host: "127.0.0.1", fixed: 9700 } });
});

test("isFree and demandPort see a listening server, and say which variable to change", async () => {
  await occupied(async (port) => {
    expect(await isFree(port)).toBe(false);
    await expect(demandPort(port, "127.0.0.1", "PORT")).rejects.toMatchObject({
      message: `Port ${port} on 127.0.0.1 is in use by another program.`,
      advice: expect.stringContaining(`PORT=${port + 1} npm start`),
    });
  });
});

test("an address that is not this machine's is a sentence, not a stack", async () => {
  await expect(demandPort(4000, "192.0.2.1", "PORT")).rejects.toMatchObject({ name: "Fault" });
});
