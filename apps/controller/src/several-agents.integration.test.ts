/**
 * Three agents. An hour's absence is told to the database (what was seen and reported an hour ago is moved there); the
 * agent itself is frozen, as a host that was cut off or suspended is, or killed and started with what it saved.
 */
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { type Database, openDatabase } from "@madang/db";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { ensureIdentity } from "../../agent/src/link/join.ts";
import { callAs, pullAs, revisionOf, savedIdentity } from "./testing/raw-agent.ts";
import { type Agent, type SeveralCloud, startSeveral, type Web } from "./testing/several-cloud.ts";
import { type Visitor, visit } from "./testing/visitor.ts";
import { eventually } from "./testing/whole-cloud.ts";

const patience = { timeout: 300_000 };

let cloud: SeveralCloud;
let database: Database;
let web: Web;
let admin: Visitor;
beforeAll(async () => {
  cloud = await startSeveral({ webs: 1, controllers: 1, agents: 3 });
  database = openDatabase(cloud.databaseUrl, 2);
  web = need(cloud.webs[0]);
  admin = await visit(web, await cloud.signIn(web));
}, 300_000);
afterAll(async () => {
  await database?.close();
  await cloud?.close();
}, 60_000);

function need<T>(found: T | undefined): T {
  if (found === undefined) throw new Error("missing");
  return found;
}

const launched = ["instance.create", "instance.scheduled", "instance.running"];

/** Nobody else takes new guests while `work` runs. */
async function onlyOn(hypervisorId: string, work: () => Promise<void>): Promise<void> {
  await database.pool.query(`UPDATE hypervisor SET enabled = (id = $1) WHERE revoked_at IS NULL`, [
    hypervisorId,
  ]);
  await work();
  await database.pool.query(`UPDATE hypervisor SET enabled = true WHERE revoked_at IS NULL`);
}

async function launchOn(hypervisorId: string, count: number): Promise<string[]> {
  const ids: string[] = [];
  await onlyOn(hypervisorId, async () => {
    ids.push(...(await admin.launch("away", count)));
    for (const id of ids) await admin.becomes(id, "ACTIVE");
  });
  return ids;
}

async function anHourPasses(hypervisorId: string): Promise<void> {
  const back = `now() - interval '1 hour'`;
  await database.pool.query(
    `UPDATE hypervisor SET last_seen_at = ${back}, agent_started_at = agent_started_at - interval '1 hour' WHERE id = $1`,
    [hypervisorId],
  );
  await database.pool.query(`UPDATE guest SET reported_at = ${back} WHERE hypervisor_id = $1`, [
    hypervisorId,
  ]);
}

const stateOf = async (hypervisorId: string) => {
  const { items } = z
    .object({ items: z.array(z.object({ id: z.string(), state: z.string() })) })
    .parse(await admin.query("admin.hypervisor.list", {}));
  return items.find(({ id }) => id === hypervisorId)?.state;
};
const hostOf = async (id: string) =>
  (await database.prisma.guest.findFirstOrThrow({ where: { instanceId: id } })).hypervisorId;

type Absence = { leave: (agent: Agent) => Promise<void>; comeBack: (agent: Agent) => Promise<void> };
const absences: [string, number, Absence][] = [
  [
    "cut off",
    0,
    {
      leave: async (agent) => agent.freeze(),
      comeBack: async (agent) => agent.thaw(),
    },
  ],
  [
    "killed, and started again with what it saved",
    1,
    {
      leave: (agent) => agent.kill(),
      comeBack: async (agent) => agent.start(),
    },
  ],
];

describe("three agents", patience, () => {
  it.each(absences)(
    "do what was wished in an hour away, and nothing else: %s",
    async (_how, index, absence) => {
      const agent = need(cloud.agents[index]);
      const { hypervisorId } = await savedIdentity(agent.directory);
      const [kept = "", stopped = "", deleted = ""] = await launchOn(hypervisorId, 3);
      const before = await agent.guests();
      await absence.leave(agent);
      await anHourPasses(hypervisorId);
      await eventually(async () => (await stateOf(hypervisorId)) === "down");
      await admin.act("stop", stopped);
      await admin.act("delete", deleted);
      const elsewhere = need((await admin.launch("elsewhere", 1))[0]);
      await admin.becomes(elsewhere, "ACTIVE");
      expect(await hostOf(elsewhere)).not.toBe(hypervisorId);
      expect(await admin.read(stopped)).toMatchObject({ taskState: "powering-off" });
      expect(await admin.isGone(deleted), "nobody knows yet that its guest is gone").toBe(false);
      expect(await agent.guests(), "and it is not").toEqual(before);

      await absence.comeBack(agent);
      await admin.becomes(stopped, "SHUTOFF");
      await eventually(() => admin.isGone(deleted));
      await eventually(async () => (await stateOf(hypervisorId)) === "up");
      await admin.becomes(kept, "ACTIVE");
      expect(await admin.actions(kept)).toEqual(launched);
      expect(await admin.actions(elsewhere)).toEqual(launched);
      expect(await admin.actions(stopped)).toEqual([...launched, "instance.stop", "instance.stopped"]);
      expect((await admin.actions(deleted)).slice(-2)).toEqual(["instance.delete", "instance.deleted"]);
      const held = (await Promise.all(cloud.agents.map((one) => one.guests()))).flat();
      expect(held.map(({ starts }) => starts)).toEqual([1, 1, 1]);
      for (const id of [kept, stopped, elsewhere]) await admin.act("delete", id);
      for (const id of [kept, stopped, elsewhere]) await eventually(() => admin.isGone(id));
      for (const one of cloud.agents) await eventually(async () => (await one.guests()).length === 0);
    },
  );

  it("refuse a join token to a second machine", async () => {
    const { command } = z
      .object({ command: z.string() })
      .parse(await admin.mutate("admin.hypervisor.createJoinToken", {}));
    const [, token = ""] = /--token (\S+)/.exec(command) ?? [];
    const options = {
      urls: [web.agentUrl],
      token,
      caFingerprint: cloud.authority,
      driver: "simulated",
      log: pino({ level: "silent" }),
    };
    const [first, second] = [await mkdtemp(join(cloud.data, "a-")), await mkdtemp(join(cloud.data, "b-"))];
    await ensureIdentity({ ...options, directory: first, name: "first" });
    await expect(ensureIdentity({ ...options, directory: second, name: "second" })).rejects.toMatchObject({
      code: "Forbidden",
      options: { reason: "joinTokenRefused" },
    });
  });

  it("refuse a revoked one at once and everywhere, and its certificate is good for nothing", async () => {
    const agent = need(cloud.agents[2]);
    const identity = await savedIdentity(agent.directory);
    const { hypervisorId } = identity;
    const [instance = ""] = await launchOn(hypervisorId, 1);
    const { sha256 } = z
      .object({ sha256: z.string() })
      .parse(await database.prisma.image.findFirst({ select: { sha256: true } }));
    const first = await pullAs(identity, web.agentUrl);
    expect(first.status).toBe(200);
    expect((await callAs(identity, `${web.agentUrl}/images/${sha256}`)).status).toBe(200);
    const waiting = pullAs(identity, web.agentUrl, revisionOf(first.text));
    const revokedAt = performance.now();
    await admin.mutate("admin.hypervisor.revoke", { id: hypervisorId });
    expect((await waiting).status).toBe(401);
    console.info(
      `an open long poll was refused ${Math.round(performance.now() - revokedAt)} ms after the revocation`,
    );
    const json = { method: "POST", body: { json: { csr: "a request" } } };
    const upgrade = {
      headers: {
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": Buffer.from("0123456789abcdef").toString("base64"),
        "x-madang-console": "a secret",
      },
    };
    const attempts = {
      pull: await pullAs(identity, web.agentUrl),
      report: await callAs(identity, `${web.agentUrl}/trpc/report`, { method: "POST", body: { json: {} } }),
      renew: await callAs(identity, `${web.agentUrl}/trpc/renew`, json),
      image: await callAs(identity, `${web.agentUrl}/images/${sha256}`),
      console: await callAs(identity, `${web.agentUrl}/console/${crypto.randomUUID()}`, upgrade),
    };
    const statuses = Object.fromEntries(Object.entries(attempts).map(([name, { status }]) => [name, status]));
    expect(statuses).toEqual({ pull: 401, report: 401, renew: 401, image: 401, console: 403 });
    const log = async () => (await agent.logs()).split("\n");
    await eventually(async () => (await log()).some((line) => line.includes("not known here")));

    await agent.kill();
    agent.start();
    await eventually(async () => (await stateOf(hypervisorId)) !== "up");
    const { rows } = await database.pool.query(
      `SELECT 1 FROM certificate WHERE subject_id = $1 AND (revoked_at IS NULL OR requested_at > revoked_at)`,
      [hypervisorId],
    );
    expect(rows).toEqual([]);
    await admin.act("delete", instance);
    await eventually(() => admin.isGone(instance));
  });
});
