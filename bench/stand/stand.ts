/** A whole Madang to measure on: the real `npm start` in a folder of its own, with PostgreSQL's production settings. */
import type pg from "pg";
import { type Api, signInTo } from "../../e2e/stack/api.ts";
import { type Cloud, removeData, repository, startCloud, stopCloud } from "../../e2e/stack/cloud.ts";
import { cloneRepository, startClone } from "./clone.ts";
import { openDatabase } from "./database.ts";

export type StandName = "simulated" | "thousand" | "guests" | "clone";

export type Stand = {
  cloud: Cloud;
  admin: Api;
  database: pg.Pool;
  /** How long it took from the command to a healthy cloud, ms. */
  startedMs: number;
  /** Stops it and starts it again on the same data; answers how long the start took, ms. */
  restart: () => Promise<number>;
  close: () => Promise<void>;
};

type Running = { cloud: Cloud; startedMs: number };
type Site = { start: (data?: string) => Promise<Running>; remove: () => Promise<void> };

export async function openStand(name: StandName): Promise<Stand> {
  const site = name === "clone" ? await clonedSite() : ownSite(name);
  const { cloud, startedMs } = await site.start();
  const stop = async (running: Cloud) => {
    const code = await stopCloud(running);
    if (code !== 0) throw new Error(`npm start ended with ${code}:\n${running.output()}`);
  };
  const end = () => {
    const { pid } = stand.cloud.process;
    if (pid) process.kill(-pid, "SIGINT");
  };
  const close = async () => {
    process.off("exit", end);
    await stand.database.end();
    await stopCloud(stand.cloud);
    await removeData(stand.cloud);
    await site.remove();
  };
  const connect = async (to: Cloud) => ({
    cloud: to,
    admin: await signInTo(to.url, "admin", to.adminPassword),
    database: await openDatabase(to.data),
  });
  const restart = async () => {
    await stand.database.end();
    await stop(stand.cloud);
    const again = await site.start(stand.cloud.data);
    Object.assign(stand, await connect(again.cloud));
    return again.startedMs;
  };
  // Whoever leaves early takes the cloud along.
  process.once("exit", end);
  const stand: Stand = { ...(await connect(cloud)), startedMs, restart, close };
  return stand;
}

/** `guests` leaves it to the machine whether guests are real. */
const settings: Record<Exclude<StandName, "clone">, Record<string, string>> = {
  simulated: { MADANG_HYPERVISOR: "simulated", MADANG_SIMULATED: "10" },
  thousand: { MADANG_HYPERVISOR: "simulated", MADANG_SIMULATED: "1000" },
  guests: { MADANG_HYPERVISOR: "auto" },
};
/** Twenty clients have twenty addresses: they come through a proxy, as they would in a larger installation. */
const always = { DATABASE_URL: "", MADANG_TRUSTED_PROXIES: "127.0.0.1" };

function ownSite(name: Exclude<StandName, "clone">): Site {
  const env = { ...settings[name], ...always };
  const start = (data?: string) => timed(() => startCloud({ env, ...(data ? { data } : {}) }));
  return { start, remove: async () => {} };
}

async function clonedSite(): Promise<Site> {
  const clone = await cloneRepository(repository);
  const start = (data?: string) => timed(() => startClone(clone, always, data));
  return { start, remove: clone.remove };
}

async function timed(start: () => Promise<Cloud>): Promise<Running> {
  const since = performance.now();
  const cloud = await start();
  return { cloud, startedMs: performance.now() - since };
}
