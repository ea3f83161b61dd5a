/** Crowds that all want something at the same moment: from each one's request to his own answer. */
import { type Figure, type Measured, resultOf } from "../figure.ts";
import { clearProject } from "../load/clear.ts";
import { launchInput } from "../load/launch.ts";
import { openPeople, type Person } from "../load/people.ts";
import { moreProjects } from "../load/projects.ts";
import type { Stand } from "../stand/stand.ts";

const creates = 200;
const people = 20;
const rounds = 3;
const manyProjects = 50;
const calls = 60;
/** Of those who flood: as many as a browser would never have. */
const eachInFlight = 8;

export const admitOneProject: Figure = {
  name: "admit.one_project",
  unit: "ms",
  aim: { of: "p95", atMost: 1_500 },
  stand: "simulated",
  measure: async (stand) => {
    const crowd = await openPeople(stand, "admit-one", 1, people);
    const [first] = crowd;
    if (!first) throw new Error("nobody");
    return await crowds(stand, crowd, [first.projectId]);
  },
};

export const admitFiftyProjects: Figure = {
  name: "admit.fifty_projects",
  unit: "ms",
  aim: { of: "p95", atMost: 800 },
  stand: "simulated",
  measure: async (stand) => {
    const crowd = await openPeople(stand, "admit-fifty", 1, people);
    return await crowds(stand, crowd, await moreProjects(stand, "admit-fifty", crowd, manyProjects));
  },
};

export const admitNeighbour: Figure = {
  name: "admit.neighbour",
  unit: "ms",
  aim: null,
  stand: "simulated",
  measure: async (stand) => {
    const [neighbour] = await openPeople(stand, "admit-quiet", 1, 1);
    const crowd = await openPeople(stand, "admit-loud", 1, people);
    const [loud] = crowd;
    if (!neighbour || !loud) throw new Error("nobody");
    const idle = await oneByOne(neighbour);
    let answered = 0;
    const flood = startFlood(crowd, () => answered++);
    const since = performance.now();
    const samples = await oneByOne(neighbour);
    const seconds = (performance.now() - since) / 1_000;
    const rate = answered / seconds;
    await flood.stop();
    for (const person of [neighbour, loud]) await clearProject(person, stand.database);
    closeAll([neighbour, ...crowd]);
    const [quiet, noisy] = [p95(idle), p95(samples)];
    const words = `p95 ${quiet} ms when idle, so ${(noisy / quiet).toFixed(1)} times as long (aim ≤ 3)`;
    return {
      samples,
      note: `${words}; beside it the other project had ${rate.toFixed(0)} launches a second`,
    };
  },
};

const p95 = (samples: readonly number[]) => resultOf({ name: "p95", unit: "ms" }, { samples }).p95;

/** 200 at the same moment, some times over, spread over the people and the projects. */
async function crowds(
  stand: Stand,
  crowd: readonly Person[],
  projects: readonly string[],
): Promise<Measured> {
  const samples: number[] = [];
  const rates: number[] = [];
  for (let round = -1; round < rounds; round++) {
    const since = performance.now();
    const took = await Promise.all(
      Array.from({ length: creates }, (_, index) => {
        const person = crowd[index % crowd.length];
        const projectId = projects[index % projects.length];
        if (!person || !projectId) throw new Error("nobody");
        return launch({ ...person, projectId });
      }),
    );
    if (round >= 0) samples.push(...took);
    if (round >= 0) rates.push(creates / ((performance.now() - since) / 1_000));
    for (const projectId of projects) await clearProject({ ...must(crowd[0]), projectId }, stand.database);
  }
  closeAll(crowd);
  const rate = rates.reduce((sum, one) => sum + one, 0) / rates.length;
  const where = `${projects.length} ${projects.length === 1 ? "project" : "projects"}`;
  return { samples, note: `${creates} at once by ${people} people in ${where}: ${rate.toFixed(0)} a second` };
}

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("nobody");
  return value;
}

const busy = /"reason":"busy"/;

/** How long until it was accepted, ms. Who is told to come again does so at once, under the same id, and his time runs on. */
async function launch({ client, projectId, form }: Person): Promise<number> {
  const input = launchInput(projectId, form, "admitted");
  const since = performance.now();
  for (;;) {
    try {
      await client.post("instance.launch", input);
      return performance.now() - since;
    } catch (error) {
      if (!busy.test(String(error))) throw error;
    }
  }
}

async function oneByOne(person: Person): Promise<number[]> {
  const samples: number[] = [];
  for (let index = 0; index < calls; index++) samples.push(await launch(person));
  return samples;
}

function startFlood(crowd: readonly Person[], onAnswer: () => void) {
  let ended = false;
  const again = async (person: Person) => {
    while (!ended) await launch(person).then(onAnswer);
  };
  const all = crowd.flatMap((person) => Array.from({ length: eachInFlight }, () => again(person)));
  const over = Promise.all(all);
  over.catch(() => {});
  return {
    stop: async () => {
      ended = true;
      await over;
    },
  };
}

function closeAll(crowd: readonly Person[]): void {
  for (const { client } of crowd) client.close();
}
