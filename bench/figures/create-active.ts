/** From the click's request to the moment a browser that watches could show ACTIVE; a simulated guest starts at once. */
import type { Figure } from "../figure.ts";
import { clearProject } from "../load/clear.ts";
import { launchInput } from "../load/launch.ts";
import { openPeople } from "../load/people.ts";
import { openWatch } from "../load/watch.ts";

const warmUps = 5;
const times = 60;

export const createActive: Figure = {
  name: "create.active",
  unit: "ms",
  aim: { of: "p50", atMost: 100 },
  stand: "simulated",
  measure: async (stand) => {
    const [person] = await openPeople(stand, "active", 1, 1);
    if (!person) throw new Error("nobody");
    const { client, projectId, form } = person;
    const watch = await openWatch(stand.cloud.url, person.cookie, projectId, client);
    const samples: number[] = [];
    for (let index = -warmUps; index < times; index++) {
      const input = launchInput(projectId, form, "active");
      const since = performance.now();
      const active = watch.until(input.ids, "ACTIVE");
      await client.post("instance.launch", input);
      const [seen = Number.NaN] = await active;
      if (index >= 0) samples.push(seen - since);
    }
    watch.close();
    await clearProject(person, stand.database);
    client.close();
    return { samples, note: "one at a time, seen over the WebSocket" };
  },
};
