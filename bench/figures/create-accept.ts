/** From the click's request to its answer with the new instance's id. */
import { type Figure, resultOf } from "../figure.ts";
import { clearProject } from "../load/clear.ts";
import { launchInput } from "../load/launch.ts";
import { openPeople, type Person } from "../load/people.ts";
import { openWatch } from "../load/watch.ts";

const warmUps = 10;
const times = 100;

export const createAccept: Figure = {
  name: "create.accept",
  unit: "ms",
  aim: { of: "p50", atMost: 12 },
  stand: "simulated",
  measure: async (stand) => {
    const [person] = await openPeople(stand, "accept", 1, 1);
    if (!person) throw new Error("nobody");
    const { client, cookie, projectId } = person;
    const watch = await openWatch(stand.cloud.url, cookie, projectId, client);
    const samples = await launches(person, (id) => watch.until([id], "ACTIVE"));
    watch.close();
    await clearProject(person, stand.database);
    const busy = await launches(person, async () => {});
    await clearProject(person, stand.database);
    client.close();
    const { p50 } = resultOf({ name: "busy", unit: "ms" }, { samples: busy });
    return { samples, note: `each after the one before was ACTIVE; without waiting for that p50 ${p50} ms` };
  },
};

async function launches(person: Person, settled: (id: string) => Promise<unknown>): Promise<number[]> {
  const { client, projectId, form } = person;
  const samples: number[] = [];
  for (let index = -warmUps; index < times; index++) {
    const input = launchInput(projectId, form, "accepted");
    const done = settled(input.ids[0] ?? "");
    const since = performance.now();
    await client.post("instance.launch", input);
    if (index >= 0) samples.push(performance.now() - since);
    await done;
  }
  return samples;
}
