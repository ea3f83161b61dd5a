/** One launch of 30 instances until the last of them is ACTIVE. */
import type { Figure } from "../figure.ts";
import { clearProject } from "../load/clear.ts";
import { launchInput } from "../load/launch.ts";
import { openPeople, type Person } from "../load/people.ts";
import { openWatch, type Watch } from "../load/watch.ts";
import type { Stand } from "../stand/stand.ts";

const count = 30;
const times = 7;

export const create30Active: Figure = {
  name: "create30.active",
  unit: "s",
  aim: { of: "p50", atMost: 1.5 },
  stand: "simulated",
  measure: async (stand) => {
    const [person] = await openPeople(stand, "thirty", 1, 1);
    if (!person) throw new Error("nobody");
    const watch = await openWatch(stand.cloud.url, person.cookie, person.projectId, person.client);
    const samples = await rounds(() => launch30(stand, person, watch, [count]));
    const separate = await rounds(() => launch30(stand, person, watch, Array(count).fill(1)));
    watch.close();
    person.client.close();
    const apart = separate.toSorted((left, right) => left - right)[Math.floor(times / 2)] ?? 0;
    return { samples, note: `30 in one launch; as 30 launches at the same moment p50 ${apart.toFixed(2)} s` };
  },
};

async function rounds(work: () => Promise<number>): Promise<number[]> {
  const samples: number[] = [];
  for (let index = -1; index < times; index++) {
    const seconds = await work();
    if (index >= 0) samples.push(seconds);
  }
  return samples;
}

/** Launches of these sizes, all sent in the same moment; answers after how long the last instance was ACTIVE, s. */
async function launch30(
  stand: Stand,
  person: Person,
  watch: Watch,
  sizes: readonly number[],
): Promise<number> {
  const { client, projectId, form } = person;
  const inputs = sizes.map((size) => launchInput(projectId, form, "thirty", size));
  const since = performance.now();
  const active = watch.until(
    inputs.flatMap(({ ids }) => ids),
    "ACTIVE",
  );
  await Promise.all(inputs.map((input) => client.post("instance.launch", input)));
  const seen = await active;
  await clearProject(person, stand.database);
  return (Math.max(...seen) - since) / 1000;
}
