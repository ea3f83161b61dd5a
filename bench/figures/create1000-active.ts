/** A thousand separate launches by 20 clients in 10 projects on 10 simulated hypervisors, until the last is ACTIVE. */
import type { Figure } from "../figure.ts";
import { clearProject } from "../load/clear.ts";
import { launchInput } from "../load/launch.ts";
import { openPeople, type Person } from "../load/people.ts";
import { openWatch } from "../load/watch.ts";

const launches = 1_000;
const clients = 20;
const projects = 10;

export const create1000Active: Figure = {
  name: "create1000.active",
  unit: "s",
  aim: { of: "p50", atMost: 30 },
  stand: "simulated",
  measure: async (stand) => {
    const people = await openPeople(stand, "thousand", projects, clients);
    const plans = people.map((person) => ({
      person,
      inputs: Array.from({ length: launches / clients }, () =>
        launchInput(person.projectId, person.form, "many"),
      ),
    }));
    const watches = await Promise.all(
      people.slice(0, projects).map(async (person) => {
        const watch = await openWatch(stand.cloud.url, person.cookie, person.projectId, person.client);
        const own = plans.filter((plan) => plan.person.projectId === person.projectId);
        const ids = own.flatMap(({ inputs }) => inputs.flatMap((input) => input.ids));
        return { watch, active: watch.until(ids, "ACTIVE") };
      }),
    );
    const since = performance.now();
    const accepted = Promise.all(plans.map(({ person, inputs }) => launchAll(person, inputs)));
    const acceptedMs = await accepted.then(() => performance.now() - since);
    const seen = (await Promise.all(watches.map(({ active }) => active))).flat();
    for (const { watch } of watches) watch.close();
    await Promise.all(people.slice(0, projects).map((person) => clearProject(person, stand.database)));
    for (const { client } of people) client.close();
    const note = `one run of ${seen.length} launches; all accepted after ${(acceptedMs / 1000).toFixed(1)} s`;
    return { samples: [(Math.max(...seen) - since) / 1000], note };
  },
};

async function launchAll({ client }: Person, inputs: readonly object[]): Promise<void> {
  for (const input of inputs) await client.post("instance.launch", input);
}
