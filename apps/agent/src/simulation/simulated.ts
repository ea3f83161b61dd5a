/**
 * A simulated hypervisor with its machine around it: power that can go, a boot id of its own for each boot, a link that
 * can fail, and knobs that say so while it runs. What it runs inside is what a real one runs.
 */
import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import {
  createHypervisorDriver,
  type SimulatedHypervisor,
  type SimulatedKnobs,
} from "@madang/drivers/hypervisor";
import { createStorageDriver, type SimulatedStorage } from "@madang/drivers/storage";
import type { Logger } from "pino";
import { type HypervisorOptions, type RunningHypervisor, startHypervisor } from "../hypervisor.ts";
import { type LinkFaults, openLinkFaults, perfectLink } from "../link/faults.ts";
import { readBootId, readIfThere, writePrivate } from "../link/saved.ts";
import type { Knobs, KnobsFile, Wishes } from "./knobs.ts";

export type SimulatedPlace = Omit<HypervisorOptions, "driverInstance" | "bootId" | "wrapLink">;

/** From power on to power off. */
type Boot = {
  driver: SimulatedHypervisor;
  storage: SimulatedStorage;
  faults: LinkFaults;
  inside: RunningHypervisor;
};

type Machine = {
  readonly place: SimulatedPlace;
  /** The default of `slowMs`. */
  readonly slowMs: number;
  readonly signal: AbortSignal;
  readonly log: Logger;
  wish: Knobs;
  boot: Boot | null;
};

export async function startSimulated(
  place: SimulatedPlace,
  knobs: KnobsFile,
  slowMs: number,
  signal: AbortSignal,
): Promise<RunningHypervisor> {
  const log = place.log.child({ hypervisor: place.name });
  const wish = (await knobs.read())(place.name);
  const machine: Machine = { place, slowMs, signal, log, wish, boot: null };
  if (wish.power === "on") machine.boot = await powerOn(machine);
  let turning: Promise<void> = Promise.resolve();
  const follow = (wishes: Wishes) => {
    const next = wishes(place.name);
    turning = turning
      .then(() => turn(machine, next))
      .catch((error) => void log.error({ err: error }, "knobs could not be turned"));
  };
  const unfollow = knobs.follow(follow);
  // What it said while this one joined.
  follow(await knobs.read());
  const ended = async () => {
    unfollow();
    await turning;
    return machine.boot?.inside;
  };
  return {
    stop: async () => (await ended())?.stop(),
    drain: async (graceMs) => (await ended())?.drain(graceMs),
    figures: async () => (await machine.boot?.inside.figures()) ?? null,
  };
}

async function turn(machine: Machine, next: Knobs): Promise<void> {
  const before = machine.wish;
  if (JSON.stringify(next) === JSON.stringify(before)) return;
  machine.wish = next;
  if (next.power === "off" && machine.boot) await powerOff(machine, machine.boot);
  if (next.power === "on" && !machine.boot) machine.boot = await powerOn(machine);
  else if (machine.boot) await adjust(machine, machine.boot, before);
  machine.log.info({ knobs: next }, "knobs turned");
}

const bootFile = ({ place }: Machine) => join(place.directory, "boot-id");

async function powerOn(machine: Machine): Promise<Boot> {
  const { place, wish } = machine;
  const path = bootFile(machine);
  if (!(await readIfThere(path))) await writePrivate(path, randomUUID());
  const driver = await createHypervisorDriver("simulated", {
    stateFile: join(place.directory, "simulated.json"),
    knobs: driverKnobs(machine),
  });
  const storage = await createStorageDriver("simulated", {
    stateFile: join(place.directory, "simulated-volumes.json"),
    knobs: storageKnobs(machine),
  });
  const faults = openLinkFaults(wish);
  const inside = await startHypervisor(
    { ...place, driverInstance: driver, storage, bootId: await readBootId(path), wrapLink: faults.wrap },
    machine.signal,
  );
  return { driver, storage, faults, inside };
}

/** In this order nobody hears of it, as when the plug is pulled: the line is dead, then the guests are, then the agent. */
async function powerOff(machine: Machine, boot: Boot): Promise<void> {
  machine.boot = null;
  boot.faults.set({ ...perfectLink, partition: true });
  boot.driver.losePower();
  await rm(bootFile(machine), { force: true });
  await boot.inside.stop();
}

/** Only what changed in the file: a start that was told to fail, and did, is not told so again by another knob. */
async function adjust({ wish, ...machine }: Machine, boot: Boot, before: Knobs): Promise<void> {
  const { driver, storage, faults } = boot;
  const next = driverKnobs({ ...machine, wish });
  const { failNextStart, ...standing } = next;
  Object.assign(driver.knobs, standing);
  Object.assign(storage.knobs, storageKnobs({ ...machine, wish }));
  if (wish.failNextStart !== before.failNextStart) driver.knobs.failNextStart = failNextStart;
  faults.set(wish);
  if (wish.crash !== before.crash) for (const id of await named(driver, wish.crash)) driver.crash(id);
  if (wish.loseDisk !== before.loseDisk)
    for (const id of await named(driver, wish.loseDisk)) driver.loseDisk(id);
  if (wish.loseVolume !== null && wish.loseVolume !== before.loseVolume)
    await loseVolume(storage, wish.loseVolume);
}

function driverKnobs({ wish, slowMs }: Pick<Machine, "wish" | "slowMs">): SimulatedKnobs {
  const { failNextStart, vanish, ignorePowerButton, holdDisks, crashAfterMs } = wish;
  return { slowMs: wish.slowMs ?? slowMs, failNextStart, vanish, ignorePowerButton, holdDisks, crashAfterMs };
}

function storageKnobs({ wish, slowMs }: Pick<Machine, "wish" | "slowMs">) {
  return { slowMs: wish.slowMs ?? slowMs, full: wish.diskFull, vanish: wish.vanish };
}

async function loseVolume(storage: SimulatedStorage, which: string): Promise<void> {
  const all = (await storage.list()).map(({ volumeId }) => volumeId);
  for (const volumeId of all) if (which === "*" || which === volumeId) storage.lose(volumeId);
}

async function named(driver: SimulatedHypervisor, which: string | null): Promise<string[]> {
  const all = driver.guests();
  return which === "*" ? all : all.filter((id) => id === which);
}
