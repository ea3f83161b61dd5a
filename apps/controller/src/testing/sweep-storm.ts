/**
 * A storm: users of instances and volumes, kills, power cuts, partitions and restarts of PostgreSQL at random, but always the same for one seed as
 * far as real processes allow. When it is over all faults end, and everything must come to rest and agree.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { KillPoint } from "./kill-point.ts";
import type { Role, SweepCloud, SweepServer } from "./sweep-cloud.ts";
import { ask, awaitState, requireTruth, type Wish } from "./sweep-life.ts";
import type { SweepProcess } from "./sweep-process.ts";
import { askVolume } from "./sweep-volume-life.ts";
import {
  endVolumes,
  newVolume,
  type StormVolume,
  type VolumeRequest,
  volumeChange,
  volumeRemoval,
} from "./sweep-volume-storm.ts";

export type StormSettings = { seed: number; ms: number; hypervisors: number };
/** How often each thing happened. */
export type Storm = Record<Happening, number>;
type Happening =
  | "asked"
  | "volumes"
  | "killed"
  | "points"
  | "severed"
  | "gaveUp"
  | "knobs"
  | "powerCuts"
  | "restarts";

/** Agents that failed again and again wait for minutes before they try once more, ms. */
const calmMs = 360_000;

const most = { instances: 12, underWay: 40 };

/** mulberry32: small, and the same everywhere. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Weather = {
  readonly cloud: SweepCloud;
  readonly server: SweepServer;
  readonly hypervisors: number;
  readonly random: () => number;
  readonly counts: Storm;
  /** What users know of: the instance and its project. */
  readonly instances: Map<string, string>;
  readonly volumes: Map<string, StormVolume>;
  readonly newId: () => string;
  readonly underWay: Set<Promise<void>>;
  readonly knobs: { [hypervisor: string]: object };
  over: boolean;
};

const pick = <T>(random: () => number, from: readonly T[]): T | undefined =>
  from[Math.floor(random() * from.length)];

function uuidFrom(random: () => number): string {
  const hex = Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16)).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
}

export async function storm(server: SweepServer, cloud: SweepCloud, settings: StormSettings): Promise<Storm> {
  const counts = {
    asked: 0,
    volumes: 0,
    killed: 0,
    points: 0,
    severed: 0,
    gaveUp: 0,
    knobs: 0,
    powerCuts: 0,
    restarts: 0,
  };
  const { seed, ms, hypervisors } = settings;
  const random = randomFrom(seed);
  const weather: Weather = {
    ...{ cloud, server, hypervisors, counts, random, newId: () => uuidFrom(random), over: false },
    ...{ instances: new Map(), volumes: new Map(), underWay: new Set(), knobs: {} },
  };
  const processes = Object.values(cloud.processes).flat();
  for (const process of processes) process.onDeath((how) => died(weather, process, how));
  const until = Date.now() + ms;
  while (Date.now() < until) {
    await happen(weather);
    await sleep(20 + weather.random() * 300);
  }
  await calm(weather, processes);
  return { ...counts, severed: processes.reduce((sum, process) => sum + process.severed(), 0) };
}

const sky: [number, (weather: Weather) => Promise<void> | void][] = [
  [40, launch],
  [60, change],
  [12, removeOne],
  [20, (weather) => requestVolume(weather, newVolume(weather))],
  [60, (weather) => requestVolume(weather, volumeChange(weather))],
  [5, (weather) => requestVolume(weather, volumeRemoval(weather))],
  [12, killNow],
  [30, armPoint],
  [16, turnKnob],
  [2, restartPostgres],
];
const skyWeight = sky.reduce((sum, [weight]) => sum + weight, 0);

async function happen(weather: Weather): Promise<void> {
  let at = weather.random() * skyWeight;
  for (const [weight, act] of sky) {
    at -= weight;
    if (at < 0) return void (await act(weather));
  }
}

/** Users do not wait for one answer before they ask the next thing. */
function request(weather: Weather, wish: Wish, id: string, projectId: string): void {
  if (weather.underWay.size >= most.underWay) return;
  weather.counts.asked++;
  remember(weather, () => ask(weather.cloud, wish, id, projectId));
}

function requestVolume(weather: Weather, request: VolumeRequest | null): void {
  if (!request || weather.underWay.size >= most.underWay) return;
  weather.counts.volumes++;
  const { wish, ids, projectId } = request;
  const again = weather.random() < 0.3 ? 2 : 1;
  for (let time = 0; time < again; time++)
    remember(weather, () => askVolume(weather.cloud, wish, ids, projectId));
}

function remember({ underWay }: Weather, request: () => Promise<void>): void {
  const asking = request().finally(() => underWay.delete(asking));
  asking.catch(() => {});
  underWay.add(asking);
}

function launch(weather: Weather): void {
  if (weather.instances.size >= most.instances) return;
  const id = uuidFrom(weather.random);
  const projectId = pick(weather.random, weather.cloud.projectIds) ?? "";
  weather.instances.set(id, projectId);
  request(weather, "launch", id, projectId);
  if (weather.random() < 0.3) request(weather, "launch", id, projectId);
}

function change(weather: Weather): void {
  const [id, projectId] = pick(weather.random, [...weather.instances]) ?? [];
  const wish = pick(weather.random, ["stop", "start", "reboot", "hardReboot"] as const);
  if (!id || !projectId || !wish) return;
  request(weather, wish, id, projectId);
  if (weather.random() < 0.3) request(weather, wish, id, projectId);
}

/** It may not have been launched yet, if its launch has still not been taken: then it is asked for again at the end. */
function removeOne(weather: Weather): void {
  const [id, projectId] = pick(weather.random, [...weather.instances]) ?? [];
  if (id && projectId) request(weather, "delete", id, projectId);
}

const roles: readonly Role[] = ["controller", "web", "agent"];

function anyProcess({ random, cloud }: Weather): [Role, SweepProcess] | null {
  const role = pick(random, roles) ?? "agent";
  const process = pick(random, cloud.processes[role]);
  return process ? [role, process] : null;
}

async function killNow(weather: Weather): Promise<void> {
  const [, process] = anyProcess(weather) ?? [];
  if (!process) return;
  weather.counts.killed++;
  await process.kill();
  startSoon(weather, process);
}

async function armPoint(weather: Weather): Promise<void> {
  const { random } = weather;
  const [role, process] = anyProcess(weather) ?? [];
  const [watch] =
    pick(random, [...weather.instances, ...[...weather.volumes.keys()].map((id) => [id])]) ?? [];
  if (!process || !watch) return;
  const point: KillPoint = {
    kind: role === "agent" ? "driver" : "commit",
    at: 1 + Math.floor(random() * 3),
    every: null,
    when: random() < 0.5 ? "before" : "after",
    how: role !== "agent" && random() < 0.4 ? "sever" : "kill",
    watch,
  };
  await process.arm(point);
}

/** A controller that starts while PostgreSQL is away gives up, as its supervisor knows. */
function died(weather: Weather, process: SweepProcess, how: string): void {
  weather.counts[how === "SIGKILL" ? "points" : "gaveUp"]++;
  if (!weather.over) startSoon(weather, process);
}

function startSoon(weather: Weather, process: SweepProcess): void {
  const starting = sleep(weather.random() * 3_000)
    .then(() => process.startIfDown(manner(weather)))
    .finally(() => weather.underWay.delete(starting));
  weather.underWay.add(starting);
}

function manner({ random }: Weather) {
  const hints = pick(random, ["heard", "heard", "lost", "shuffled"] as const) ?? "heard";
  return { hints, twice: random() < 0.2 };
}

async function turnKnob(weather: Weather): Promise<void> {
  const { random, knobs } = weather;
  const name = `host-${1 + Math.floor(random() * weather.hypervisors)}`;
  const bad = pick(random, [
    {},
    { slowMs: Math.floor(random() * 1_500) },
    { failNextStart: "later" },
    { failNextStart: "elsewhere" },
    { vanish: true },
    { partition: true },
    { reportDelayMs: Math.floor(random() * 2_000) },
    { reportAgainMs: Math.floor(random() * 4_000) },
    { crash: "*" },
    { crashAfterMs: Math.floor(random() * 2_000) },
    { power: "off" },
  ]);
  if (!bad) return;
  weather.counts.knobs++;
  if ("power" in bad) weather.counts.powerCuts++;
  knobs[name] = bad;
  await weather.cloud.turnKnobs(knobs);
}

async function restartPostgres({ server, counts }: Weather): Promise<void> {
  counts.restarts++;
  await server.restart();
}

/** All faults end: whoever is down comes up, whatever was asked gets its answer, and then all of it is compared. */
async function calm(weather: Weather, processes: readonly SweepProcess[]): Promise<void> {
  const { cloud } = weather;
  weather.over = true;
  await cloud.turnKnobs({});
  do {
    for (const process of processes) await process.startIfDown({});
    await Promise.all(processes.map((process) => process.arm(null)));
    await Promise.race([Promise.allSettled([...weather.underWay]), sleep(1_000)]);
  } while (weather.underWay.size > 0 || processes.some((process) => !process.isUp()));
  const died: string[] = [];
  for (const process of processes) process.onDeath((how) => died.push(`${process.name}: ${how}`));
  await comeToRest(weather).catch((error: unknown) => {
    throw new Error(died.length > 0 ? `died in the calm: ${died.join(", ")}; ${error}` : String(error), {
      cause: error,
    });
  });
  if (died.length > 0) throw new Error(`died in the calm: ${died.join(", ")}`);
}

/** Everything settles and agrees; then all of it is deleted, and nothing is left. */
async function comeToRest({ cloud, instances, volumes }: Weather): Promise<void> {
  await requireTruth(cloud, calmMs);
  const left = [...instances];
  await Promise.all(left.map(([id, projectId]) => ask(cloud, "delete", id, projectId)));
  for (const [id] of left) await awaitState(cloud, id, null);
  await requireTruth(cloud);
  const held = await cloud.guests();
  if (held.length > 0) throw new Error(`${held.length} guests are left over`);
  await endVolumes(cloud, volumes.values());
}
