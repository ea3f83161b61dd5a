/** From the click's request to its answer with the new instance's id. */
import type { Figure } from "../figure.ts";
import { clearProject } from "../load/clear.ts";
import { launchInput } from "../load/launch.ts";
import { openPeople } from "../load/people.ts";

const warmUps = 10;
const times = 150;

export const createAccept: Figure = {
  name: "create.accept",
  unit: "ms",
  aim: { of: "p50", atMost: 12 },
  stand: "simulated",
  measure: async (stand) => {
    const [person] = await openPeople(stand, "accept", 1, 1);
    if (!person) throw new Error("nobody");
    const { client, projectId, form } = person;
    const samples: number[] = [];
    for (let index = -warmUps; index < times; index++) {
      const since = performance.now();
      await client.post("instance.launch", launchInput(projectId, form, "accepted"));
      if (index >= 0) samples.push(performance.now() - since);
    }
    await clearProject(person, stand.database);
    client.close();
    return { samples, note: "one after another, while the accepted ones are built" };
  },
};
