import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { type Knobs, openKnobs } from "./knobs.ts";

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "madang-knobs-"));
  path = join(folder, "knobs.json");
});
afterAll(() => rm(folder, { recursive: true }));

async function write(text: string): Promise<void> {
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}

it("is followed while it changes, hypervisor by hypervisor, and what is not understood changes nothing", async () => {
  const warnings: string[] = [];
  const log = pino({ level: "warn" }, { write: (line: string) => void warnings.push(line) });
  const file = openKnobs(path, log);
  expect((await file.read())("host-1")).toMatchObject({ power: "on", partition: false });
  const heard: [Knobs, Knobs][] = [];
  const unfollow = file.follow((wishes) => heard.push([wishes("host-1"), wishes("host-2")]));
  const told = async (count: number) => {
    await vi.waitFor(() => expect(heard).toHaveLength(count), { timeout: 20_000, interval: 20 });
    return heard.at(-1);
  };

  await write(JSON.stringify({ "*": { slowMs: 100 }, "host-2": { slowMs: 5, power: "off" } }));
  expect(await told(1)).toMatchObject([
    { slowMs: 100, power: "on" },
    { slowMs: 5, power: "off" },
  ]);
  for (const nonsense of ["{", JSON.stringify({ "*": { slow: 1 } })]) {
    const before = warnings.length;
    await write(nonsense);
    await vi.waitFor(() => expect(warnings).toHaveLength(before + 1), { timeout: 20_000, interval: 20 });
  }
  expect(heard).toHaveLength(1);
  await write(JSON.stringify({ "host-1": { vanish: true } }));
  // Somebody who reads by himself takes the news from nobody.
  expect((await file.read())("host-1")).toMatchObject({ vanish: true });
  expect(await told(2)).toMatchObject([{ vanish: true }, { vanish: false }]);
  await rm(path);
  expect(await told(3)).toMatchObject([{ power: "on" }, { power: "on" }]);
  unfollow();
});
