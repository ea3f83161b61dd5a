/** `npm run bench [name…]`: measures the figures that are named, or all of them, each on its stand; one stand at a time. */
import { type Figure, type Result, resultOf } from "./figure.ts";
import { figures } from "./figures/index.ts";
import { bareCommits } from "./load/bare-commit.ts";
import { writeResults } from "./results.ts";
import { openStand, type Stand, type StandName } from "./stand/stand.ts";
import { printTable } from "./table.ts";

const standNames: readonly StandName[] = ["simulated", "thousand", "guests", "clone"];

function chosen(names: readonly string[]): Figure[] {
  const unknown = names.filter((name) => !figures.some((figure) => figure.name === name));
  if (unknown.length === 0) return figures.filter(({ name }) => names.length === 0 || names.includes(name));
  console.error(
    `There is no figure ${unknown.join(", ")}. Figures: ${figures.map(({ name }) => name).join(", ")}.`,
  );
  process.exit(2);
}

async function measureOne(figure: Figure, stand: Stand, commits: number[]): Promise<Result> {
  const before = await bareCommits(stand.database);
  commits.push(...before);
  const measured = await figure.measure(stand);
  const bare = resultOf({ name: "bare.commit", unit: "ms" }, { samples: before }).p50;
  const note = [measured.note, `bare commit p50 ${bare} ms`].filter(Boolean).join("; ");
  return resultOf(figure, { samples: measured.samples, note });
}

/** A figure that fails costs only itself; the exit code tells. */
async function measureAll(wanted: readonly Figure[], report: (result: Result) => void): Promise<void> {
  const commits: number[] = [];
  for (const name of standNames) {
    const here = wanted.filter(({ stand }) => stand === name);
    if (here.length === 0) continue;
    console.log(`── ${name}: ${here.map((figure) => figure.name).join(", ")}`);
    const stand = await openStand(name);
    try {
      for (const figure of here)
        await attempt(figure.name, async () => report(await measureOne(figure, stand, commits)));
    } finally {
      await stand.close();
    }
  }
  if (commits.length > 0)
    report(resultOf({ name: "bare.commit", unit: "ms" }, { samples: commits, note: "calibration" }));
}

async function attempt(name: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    process.exitCode = 1;
    console.error(`${name} could not be measured:`, error);
  }
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
const results: Result[] = [];
const wanted = chosen(process.argv.slice(2));
await measureAll(wanted, (result) => {
  results.push(result);
  console.log(
    `${result.name}: p50 ${result.p50} p95 ${result.p95} max ${result.max} ${result.unit} (n ${result.n})`,
  );
  writeResults(results);
});
printTable(results, figures);
