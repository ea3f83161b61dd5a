/** The agent of a hypervisor, played by a test: it says and fetches what the test wants it to. */
import { launchInput } from "@madang/core/instance/launch";
import { z } from "zod";
import { type AgentIdentity, callAgentPort, callTrpc, type TestWeb, until } from "../testing.ts";

export type Order = { id: string; url: string; secret: string };
export type PlayedAgent = {
  /** A whole report; `change` is put over it. */
  report: (guests: readonly object[], change?: object) => Promise<{ status: number; text: string }>;
  pull: () => Promise<{ hypervisorId: string; consoles: Order[]; guests: { guestId: string }[] }>;
  /** Waits until this console is ordered. */
  consoleOrder: (consoleId: string) => Promise<Order>;
  /** An instance that runs on this hypervisor. */
  runningInstance: (cookie: string) => Promise<{ id: string; guestId: string; generation: number }>;
};

const snapshot = z.object({
  result: z.object({
    data: z.object({
      json: z.object({
        hypervisorId: z.uuid(),
        consoles: z.array(z.object({ id: z.string(), url: z.string(), secret: z.string() })),
        guests: z.array(z.object({ guestId: z.string() })),
      }),
    }),
  }),
});

const seen = { observed: "running", stopCause: null, rebootSeq: 0, phase: null, percent: null, fault: null };

export function playAgent(web: TestWeb, identity: AgentIdentity): PlayedAgent {
  const run = { bootId: crypto.randomUUID(), agentStartedAt: new Date().toISOString() };
  let sequence = 0;
  const report: PlayedAgent["report"] = async (guests, change = {}) => {
    const json = { ...reportOf(guests), ...run, sequence: sequence++, ...change };
    const { status, body } = await callAgentPort(web.env, "/trpc/report", {
      method: "POST",
      body: { json },
      identity,
    });
    return { status, text: body.toString() };
  };
  const pull = async () => {
    const json = { version: 1, bootId: run.bootId, revision: null };
    const input = encodeURIComponent(JSON.stringify({ json }));
    const { body } = await callAgentPort(web.env, `/trpc/pull?input=${input}`, { identity });
    return snapshot.parse(JSON.parse(body.toString())).result.data.json;
  };
  const consoleOrder = async (consoleId: string) => {
    let order: Order | undefined;
    await until(async () => {
      order = (await pull()).consoles.find(({ id }) => id === consoleId);
      return order !== undefined;
    });
    if (!order) throw new Error("no order");
    return order;
  };
  const runningInstance = async (cookie: string) => {
    const { prisma } = web.database;
    const id = crypto.randomUUID();
    const { projectId, imageId, flavorId } = web;
    const rest = { keyPairId: null, password: null, userData: null, deleteProtection: false };
    const wish = launchInput.parse({ ids: [id], projectId, name: "played", imageId, flavorId, ...rest });
    await report([]);
    const { status } = await callTrpc(web.env, cookie, { path: "instance.launch", input: wish });
    if (status !== 200) throw new Error(`launch answered ${status}`);
    await until(
      async () => (await prisma.guest.count({ where: { instanceId: id, desired: "running" } })) === 1,
    );
    const guest = await prisma.guest.findFirstOrThrow({ where: { instanceId: id } });
    await report([{ guestId: guest.id, generation: guest.generation }]);
    await until(async () => (await prisma.instance.count({ where: { id, status: "ACTIVE" } })) === 1);
    return { id, guestId: guest.id, generation: guest.generation };
  };
  return { report, pull, consoleOrder, runningInstance };
}

function reportOf(guests: readonly object[]) {
  const capabilities = {
    graphicalConsole: true,
    serialConsole: true,
    consoleLog: true,
    realDisks: true,
    acceleration: "none",
  };
  return {
    version: 1,
    agentVersion: "test",
    driver: "simulated",
    capabilities,
    inventory: { vcpus: 64, ramMib: 65_536, diskGib: 1_000, cpuModel: "test", kernel: "test" },
    guests: guests.map((guest) => ({ ...seen, ...guest })),
    orphans: [],
    complete: true,
  };
}
