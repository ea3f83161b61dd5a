/** A page of 50 out of 10,000 instances, filtered and sorted, as the table in the portal asks for it. */
import type { Figure } from "../figure.ts";
import { openPeople } from "../load/people.ts";
import { fillInstances } from "../load/rows.ts";

const count = 10_000;
const rounds = 25;

const questions = [
  { filter: { status: ["ACTIVE"] }, sort: "-createdAt" },
  { filter: { status: ["ACTIVE", "SHUTOFF"] }, sort: "name" },
  { filter: { text: "campaign" }, sort: "name" },
  { filter: { text: "worker-99" }, sort: "-updatedAt" },
  { filter: { status: ["ERROR"], text: "web" }, sort: "flavorName" },
  { filter: {}, sort: "status" },
  { filter: { text: "database" }, sort: "-status" },
  { filter: {}, sort: "imageName" },
];

export const list10k: Figure = {
  name: "list10k",
  unit: "ms",
  aim: { of: "p95", atMost: 40 },
  stand: "simulated",
  measure: async (stand) => {
    const [person] = await openPeople(stand, "ten-thousand", 1, 1);
    if (!person) throw new Error("nobody");
    const { client, projectId } = person;
    await fillInstances(stand.database, projectId, count);
    const samples: number[] = [];
    const slowest = new Map<string, number>();
    for (let round = -2; round < rounds; round++) {
      for (const question of questions) {
        const since = performance.now();
        await client.get("instance.list", { projectId, limit: 50, ...question });
        const took = performance.now() - since;
        if (round < 0) continue;
        samples.push(took);
        const asked = JSON.stringify(question);
        slowest.set(asked, Math.min(took, slowest.get(asked) ?? Number.POSITIVE_INFINITY));
      }
    }
    client.close();
    const [asked = "", best = 0] = [...slowest].toSorted((left, right) => right[1] - left[1])[0] ?? [];
    return { samples, note: `8 questions; the dearest is ${asked} with ${best.toFixed(1)} ms at best` };
  },
};
