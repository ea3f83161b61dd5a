/** One hypervisor: its identity, its guests, and its link to the control plane. The simulator runs many in one process. */
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { asCloudError } from "@madang/core/errors";
import type { HypervisorNetwork, Snapshot } from "@madang/core/wire/agent";
import type { GuestSpec } from "@madang/core/wire/guest";
import type { HypervisorDriver } from "@madang/drivers/hypervisor/driver";
import type { PortPlugger } from "@madang/drivers/network/driver";
import type { StorageDriver } from "@madang/drivers/storage/driver";
import PQueue from "p-queue";
import { drainGuests } from "./converge/drain.ts";
import { createFleet } from "./converge/fleet.ts";
import { type ImageCache, openImageCache } from "./converge/image.ts";
import { openMemory } from "./converge/memory.ts";
import { openUserData } from "./converge/user-data.ts";
import { createExports } from "./export/exports.ts";
import { type Link, openLink } from "./link/client.ts";
import { createConsoleDialler } from "./link/console.ts";
import { ensureIdentity, type JoinOptions, startRenewal } from "./link/join.ts";
import { pullForever, reconnectMs } from "./link/pull.ts";
import { type Reporter, startReporter } from "./link/report.ts";
import { openRoute } from "./link/route.ts";
import { startSampler } from "./link/sampler.ts";
import { loadSnapshot, saveSnapshot } from "./link/saved.ts";
import { connector, type Identity } from "./link/tls.ts";
import {
  type AgentMeter,
  countedDriver,
  countedLink,
  countedPlugger,
  type HypervisorFigures,
  silentMeter,
  watchAnswers,
} from "./metrics.ts";
import { openStorage } from "./storage/storage.ts";
import { noNetwork } from "./switch-state.ts";
import { openTenantNetworks } from "./tenant-networks.ts";

export type HypervisorOptions = JoinOptions & {
  driverInstance: HypervisorDriver;
  bootId: string;
  version: string;
  booting: number;
  /** Left out: none. */
  network?: () => Promise<HypervisorNetwork>;
  /** The hypervisor's switch, by its id; left out where there is none. */
  openPlugger?: (hypervisorId: string) => PortPlugger;
  /** Where its volumes are; left out: it has none. */
  storage?: StorageDriver;
  /** What the simulator puts between this hypervisor and the control plane. */
  wrapLink?: (link: Link) => Link;
  meter?: AgentMeter;
  /** How much of the disk images may take that no guest needs any more. */
  imageCacheBytes?: number;
};

const usualImageCacheBytes = 20 * 1024 ** 3;
const trimEveryMs = 60_000;

export type RunningHypervisor = {
  /** Ends everything but the guests. */
  stop: () => Promise<void>;
  /** Shuts every guest down, for a host that ends; tells nobody, so the next start brings them back. */
  drain: (graceMs: number) => Promise<void>;
  /** null while it is off. */
  figures: () => Promise<HypervisorFigures | null>;
};

export async function startHypervisor(
  options: HypervisorOptions,
  signal: AbortSignal,
): Promise<RunningHypervisor> {
  const { directory, bootId, wrapLink = (link) => link } = options;
  const meter = watchAnswers(options.meter ?? silentMeter);
  const driver = countedDriver(options.driverInstance, meter);
  const counted = (link: Link) => countedLink(wrapLink(link), meter);
  const line = openLine({ ...options, wrapLink: counted }, await joinPatiently(options, signal));
  const log = options.log.child({ hypervisorId: line.identity().hypervisorId });
  const memory = await openMemory(directory);
  const userData = openUserData(join(directory, "user-data"), (...wanted) => line.link().userData(...wanted));
  const images = await openImageCache(join(directory, "images"), (...wanted) => line.link().image(...wanted));
  const plugger = options.openPlugger?.(line.identity().hypervisorId);
  const networks = openTenantNetworks({
    plugger: plugger ? countedPlugger(plugger, meter) : null,
    isSimulated: !driver.capabilities.realDisks,
    userData: userData.get,
    onAnswer: meter.told,
    log,
  });
  const late: { reporter: Reporter | null } = { reporter: null };
  const imageSource = imagesFor(driver, images);
  const storage = await openStorage({
    ...{ directory, driver, log, storage: options.storage ?? null },
    image: (source, onPercent, ended) => imageSource.image({ image: source }, onPercent, ended),
    onChange: (volumeId, urgent) => late.reporter?.changed(volumeId, urgent),
  });
  const fleet = createFleet({
    driver,
    memory,
    bootId,
    log,
    booting: new PQueue({ concurrency: options.booting }),
    ...imageSource,
    userData: userData.get,
    ports: networks.ports,
    disks: storage.disks,
    onSweep: storage.sweep,
    onChange: (guestId, urgent) => late.reporter?.changed(guestId, urgent),
    onAttempt: meter.attempted,
    onOrphans: () => late.reporter?.refresh(),
  });
  const exports = createExports({
    ...{ directory, rootCopies: driver.rootCopies, volumes: storage.copies },
    ...{ link: line.link, log },
  });
  const consoles = createConsoleDialler({ driver, identity: line.identity, log });
  const sampler = startSampler({ driver, link: line.link, log });
  const apply = (snapshot: Snapshot) => {
    sampler.follow(snapshot.metrics === true);
    networks.follow(snapshot.guests, true);
    storage.volumes?.apply(snapshot);
    fleet.apply(snapshot);
    consoles.follow(snapshot.consoles);
    exports.apply(snapshot);
    void userData.keep(snapshot.guests).catch((error) => log.warn({ err: error }, "user data"));
  };

  const saved = await loadSnapshot(directory, bootId);
  if (saved) {
    networks.follow(saved.guests, false);
    storage.volumes?.apply(saved);
    fleet.apply(saved);
  }
  const reporter = startReporter({
    ...{ network: noNetwork, ...options, ...fleet, link: line.link, driver, log },
    volumes: storage.volumes,
  });
  late.reporter = reporter;
  const ending = new AbortController();
  const save = async (snapshot: Snapshot) => {
    if (!(await saveSnapshot(directory, bootId, snapshot)))
      log.error({ directory }, "no space to save orders");
  };
  const pulling = pullForever(
    { link: line.link, pause: line.pause, bootId, apply, save, log },
    AbortSignal.any([signal, ending.signal]),
  );
  const { imageCacheBytes = usualImageCacheBytes } = options;
  const trimming = setInterval(() => {
    // As long as nobody can say who is an orphan, nobody can say what is not needed.
    if (fleet.orphans() === null) return;
    const sources = (storage.volumes?.specs() ?? []).flatMap(({ source }) =>
      source.kind === "image" ? [source] : [],
    );
    const needed = [...fleet.specs().flatMap(({ image }) => image ?? []), ...sources];
    const isNeeded = (sha256: string) => needed.some((image) => image.sha256 === sha256);
    images.trim(isNeeded, imageCacheBytes).then(
      (removed) => removed.length > 0 && log.info({ removed }, "unused images removed"),
      (error) => log.warn({ err: error }, "images could not be trimmed"),
    );
  }, trimEveryMs);
  const renewal = startRenewal({ ...line, directory, log, renew: (csr) => line.link().renew(csr) });

  const rest = async () => {
    ending.abort();
    clearInterval(trimming);
    renewal.stop();
    consoles.stop();
    await Promise.all([pulling, reporter.stop(), sampler.stop(), fleet.stop(), exports.stop()]);
  };
  const stop = async () => {
    await rest();
    await networks.stop();
    await storage.stop();
    await line.close();
    await driver.close();
  };
  const drain = async (graceMs: number) => {
    const specs = fleet.specs();
    await rest();
    await memory.forgetRunning();
    await drainGuests(driver, specs, graceMs, log);
    await networks.clear();
    await stop();
  };
  const figures = async (): Promise<HypervisorFigures> => ({
    observed: countBy(fleet.reports().map(({ observed }) => observed)),
    orphans: fleet.orphans()?.length ?? 0,
    volumes: countBy((storage.volumes?.reports() ?? []).map(({ observed }) => observed)),
    orphanVolumes: storage.volumes?.storage()?.orphans.length ?? 0,
    pullAgeMs: meter.ageMs("pull"),
    reportAgeMs: meter.ageMs("report"),
    listAgeMs: meter.ageMs("list"),
    network: await (options.network ?? noNetwork)(),
    ...(await images.usage()),
  });
  return { stop, drain, figures };
}

function countBy(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

type ImageWanted = Pick<GuestSpec, "image">;
type Images = {
  image: (
    wanted: ImageWanted,
    onPercent: (percent: number) => void,
    signal: AbortSignal,
  ) => Promise<string | null>;
  imagePath: (wanted: ImageWanted) => string | null;
};

function imagesFor(driver: HypervisorDriver, images: ImageCache): Images {
  if (!driver.capabilities.realDisks) return { image: async () => null, imagePath: () => null };
  return {
    image: async ({ image }, onPercent, signal) => image && images.ensure(image, onPercent, signal),
    imagePath: ({ image }) => image && images.path(image.sha256),
  };
}

/** The connection under the identity of the moment. */
function openLine(
  { urls, log, wrapLink }: Pick<HypervisorOptions, "urls" | "log"> & { wrapLink: (link: Link) => Link },
  first: Identity,
) {
  const route = openRoute(urls, log.child({ hypervisorId: first.hypervisorId }));
  let identity = first;
  let connection = connector(first);
  let link = wrapLink(openLink(route, connection));
  const use = (next: Identity) => {
    // Calls under way end by themselves; only then is the old certificate's connection closed.
    void connection.close();
    identity = next;
    connection = connector(next);
    link = wrapLink(openLink(route, connection));
  };
  const close = () => connection.destroy();
  return { identity: () => identity, link: (): Link => link, pause: route.pause, use, close };
}

/** The control plane may start after this host: only a refusal is final. */
async function joinPatiently(options: HypervisorOptions, signal: AbortSignal): Promise<Identity> {
  for (let failures = 1; ; failures++) {
    try {
      return await ensureIdentity(options);
    } catch (error) {
      const fault = asCloudError(error);
      if (fault.code !== "Internal" && fault.toPublic().retry === "never") throw fault;
      options.log.warn({ err: error, detail: fault.options.detail, name: options.name }, "cannot join yet");
      await delay(reconnectMs(failures), undefined, { signal });
    }
  }
}
