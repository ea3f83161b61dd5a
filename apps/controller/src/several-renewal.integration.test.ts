/** Certificates of a minute and a half: renewed without a gap, also when nobody signs for a while; the old one ends when it says. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { endOf, pullAs, type SavedIdentity, savedIdentity, serialOf } from "./testing/raw-agent.ts";
import { type Agent, type SeveralCloud, startSeveral, type Web } from "./testing/several-cloud.ts";
import { type Visitor, visit } from "./testing/visitor.ts";
import { eventually } from "./testing/whole-cloud.ts";

/** Nobody signs is told after 30 s; the rest of its life must do for a controller's start on a busy machine. */
const lifeSeconds = 90;

let cloud: SeveralCloud;
let web: Web;
let agent: Agent;
let admin: Visitor;
beforeAll(async () => {
  const env = { controller: { MADANG_AGENT_CERTIFICATE_SECONDS: String(lifeSeconds) } };
  cloud = await startSeveral({ webs: 1, controllers: 1, agents: 1, env });
  [web, agent] = [need(cloud.webs[0]), need(cloud.agents[0])];
  admin = await visit(web, await cloud.signIn(web));
}, 300_000);
afterAll(() => cloud?.close(), 60_000);

function need<T>(found: T | undefined): T {
  if (found === undefined) throw new Error("missing");
  return found;
}

async function renewedAfter(old: SavedIdentity): Promise<SavedIdentity> {
  let next = old;
  await eventually(async () => {
    next = await savedIdentity(agent.directory);
    return serialOf(next) !== serialOf(old);
  });
  return next;
}

const states = z.object({ items: z.array(z.object({ state: z.string() })) });

it("renews in time, asks again while no controller is there, and refuses what has ended", async () => {
  const controller = need(cloud.controllers[0]);
  const first = await savedIdentity(agent.directory);
  const [id = ""] = await admin.launch();
  await admin.becomes(id, "ACTIVE");

  const second = await renewedAfter(first);
  expect(second.key).not.toBe(first.key);
  expect(second.hypervisorId).toBe(first.hypervisorId);
  expect(endOf(second)).toBeGreaterThan(endOf(first));
  for (const identity of [first, second]) expect((await pullAs(identity, web.agentUrl)).status).toBe(200);

  await controller.kill();
  await eventually(async () => (await agent.logs()).includes("certificate could not be renewed yet"));
  expect(serialOf(await savedIdentity(agent.directory))).toBe(serialOf(second));
  controller.start();
  const third = await renewedAfter(second);
  expect((await pullAs(third, web.agentUrl)).status).toBe(200);

  await sleep(Math.max(0, endOf(first) - Date.now()));
  await eventually(async () => (await pullAs(first, web.agentUrl)).status === 401);
  // The agent itself went through all of it: no call of its was ever refused, and its hypervisor was never missed.
  expect(await agent.logs()).not.toMatch(/agentRefused|not known here/);
  const { items } = states.parse(await admin.query("admin.hypervisor.list", {}));
  expect(items.map(({ state }) => state)).toEqual(["up"]);
  expect(await admin.actions(third.hypervisorId).catch(() => [])).not.toContain("hypervisor.down");
  await admin.act("stop", id);
  await admin.becomes(id, "SHUTOFF");
}, 480_000);
