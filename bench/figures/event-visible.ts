/** From the moment an agent sends a report to the frame in which the open page shows it. */
import { setTimeout as pause } from "node:timers/promises";
import type { GuestReport, GuestSpec } from "@madang/core/wire/guest";
import type { Api } from "../../e2e/stack/api.ts";
import type { Figure } from "../figure.ts";
import { clearProject } from "../load/clear.ts";
import { type HandAgent, joinByHand } from "../load/hand-agent.ts";
import { launchInput } from "../load/launch.ts";
import { openBrowser, openInstances, seenAt } from "../load/page.ts";
import { openPeople } from "../load/people.ts";

const times = 40;
/** As far apart as things happen to people; also lets the page come to rest. */
const betweenMs = 400;

export const eventVisible: Figure = {
  name: "event.visible",
  unit: "ms",
  aim: { of: "p95", atMost: 250 },
  stand: "simulated",
  measure: async ({ cloud, admin, database }) => {
    const others = await hypervisors(admin);
    const agent = await joinByHand(admin, "by-hand");
    const [person] = await openPeople({ cloud, database }, "visible", 1, 1);
    if (!person) throw new Error("nobody");
    await agent.say([]);
    await setEnabled(admin, others, false);
    const { client, projectId, form } = person;
    await client.post("instance.launch", launchInput(projectId, form, "seen"));
    await agent.ordered(([guest]) => guest !== undefined);
    await setEnabled(admin, others, true);
    const spec = await bringUp(agent);
    const browser = await openBrowser();
    try {
      const page = await openInstances(browser, cloud.url, person.cookie, projectId);
      const samples: number[] = [];
      for (let index = -4; index < times; index++) {
        const stops = index % 2 === 0;
        let sentAt = 0;
        const seen = await seenAt(page, stops ? "SHUTOFF" : "ACTIVE", async () => {
          sentAt = performance.timeOrigin + performance.now();
          await agent.say([answer(spec, stops ? "stopped" : "running")]);
        });
        if (index >= 0) samples.push(seen - sentAt);
        await pause(betweenMs);
      }
      return { samples, note: "a guest that crashes and comes back, seen in the list in Chromium" };
    } finally {
      await browser.close();
      const gone = clearProject(person, database);
      const [last] = await agent.ordered(([guest]) => guest?.desired === "absent");
      if (last) await agent.say([answer(last, "absent")]);
      await gone;
      await admin.mutate("admin.hypervisor.revoke", { id: agent.hypervisorId });
      await agent.close();
      client.close();
    }
  },
};

async function hypervisors(admin: Api): Promise<string[]> {
  const page = await admin.query<{ items: { id: string }[] }>("admin.hypervisor.list", { limit: 100 });
  return page.items.map(({ id }) => id);
}

async function setEnabled(admin: Api, ids: readonly string[], enabled: boolean): Promise<void> {
  for (const id of ids) await admin.mutate("admin.hypervisor.setEnabled", { id, enabled, reason: "bench" });
}

/** Answers every order until the guest is wanted running, and says that it runs. */
async function bringUp(agent: HandAgent): Promise<GuestSpec> {
  const [first] = await agent.ordered(([guest]) => guest !== undefined);
  if (first?.desired === "stopped") await agent.say([answer(first, "stopped")]);
  const [spec] = await agent.ordered(([guest]) => guest?.desired === "running");
  if (!spec) throw new Error("nothing is ordered");
  await agent.say([answer(spec, "running")]);
  return spec;
}

function answer(
  { guestId, generation, rebootSeq }: GuestSpec,
  observed: GuestReport["observed"],
): GuestReport {
  const stopCause = observed === "stopped" ? "crashed" : null;
  return { guestId, generation, rebootSeq, observed, stopCause, phase: null, percent: null, fault: null };
}
