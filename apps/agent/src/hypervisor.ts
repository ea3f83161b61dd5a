/** One hypervisor: its identity, its guests, and its link to the control plane. The simulator runs many in one process. */
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { asCloudError } from "@madang/core/errors";
import type { Snapshot } from "@madang/core/wire/agent";
import type { HypervisorDriver } from "@madang/drivers/hypervisor/driver";
import PQueue from "p-queue";
import { drainGuests } from "./converge/drain.ts";
import { createFleet } from "./converge/fleet.ts";
import { openImageCache } from "./converge/image.ts";
import { openMemory } from "./converge/memory.ts";
import { openUserData } from "./converge/user-data.ts";
import { type Link, openLink } from "./link/client.ts";
import { createConsoleDialler } from "./link/console.ts";
import { ensureIdentity, type JoinOptions, startRenewal } from "./link/join.ts";
import { pullForever, reconnectMs } from "./link/pull.ts";
import { type Reporter, startReporter } from "./link/report.ts";
import { loadSnapshot, saveSnapshot } from "./link/saved.ts";
import { connector, type Identity } from "./link/tls.ts";

export type HypervisorOptions = JoinOptions & {
  driverInstance: HypervisorDriver;
  bootId: string;
  version: string;
  booting: number;
};

export type RunningHypervisor = {
  /** Ends everything but the guests. */
  stop: () => Promise<void>;
  /** Shuts every guest down, for a host that ends; tells nobody, so the next start brings them back. */
  drain: (graceMs: number) => Promise<void>;
};

export async function startHypervisor(
  options: HypervisorOptions,
  signal: AbortSignal,
): Promise<RunningHypervisor> {
  const { directory, driverInstance: driver, bootId } = options;
  const memory = await openMemory(directory);
  let identity = await joinPatiently(options, signal);
  let connection = connector(identity);
  let link = openLink(options.url, connection);
  const log = options.log.child({ hypervisorId: identity.hypervisorId });
  const use = (next: Identity) => {
    const old = connection;
    identity = next;
    connection = connector(next);
    link = openLink(options.url, connection);
    // Calls under way end by themselves; only then is the old certificate's connection closed.
    void old.close();
  };

  const images = await openImageCache(join(directory, "images"), (sha256, abort) =>
    link.image(sha256, abort),
  );
  const userData = openUserData(join(directory, "user-data"), (sha256, abort) =>
    link.userData(sha256, abort),
  );
  const { realDisks } = driver.capabilities;
  let reporter: Reporter | null = null;
  const fleet = createFleet({
    driver,
    memory,
    log,
    booting: new PQueue({ concurrency: options.booting }),
    imagePath: ({ image }) => (realDisks ? images.path(image.sha256) : null),
    image: async ({ image }, onPercent, abort) => (realDisks ? images.ensure(image, onPercent, abort) : null),
    userData: userData.get,
    onChange: (guestId, urgent) => reporter?.changed(guestId, urgent),
  });
  const consoles = createConsoleDialler({ driver, identity: () => identity, log });
  const apply = (snapshot: Snapshot) => {
    fleet.apply(snapshot);
    consoles.follow(snapshot.consoles);
    void userData.keep(snapshot.guests).catch((error) => log.warn({ err: error }, "user data"));
  };

  const saved = await loadSnapshot(directory, bootId);
  if (saved) fleet.apply(saved);
  const ending = new AbortController();
  const current = (): Link => link;
  reporter = startReporter({ ...options, ...fleet, link: current, driver, log });
  const pulling = pullForever(
    { link: current, bootId, apply, log, save: (snapshot) => saveSnapshot(directory, bootId, snapshot) },
    AbortSignal.any([signal, ending.signal]),
  );
  const renewal = startRenewal({
    directory,
    use,
    log,
    identity: () => identity,
    renew: (csr) => link.renew(csr),
  });

  const stop = async () => {
    ending.abort();
    renewal.stop();
    consoles.stop();
    await Promise.all([pulling, reporter.stop(), fleet.stop()]);
    await connection.destroy();
    await driver.close();
  };
  const drain = async (graceMs: number) => {
    ending.abort();
    await Promise.all([pulling, reporter.stop(), fleet.stop()]);
    await memory.forgetRunning();
    await drainGuests(driver, fleet.specs(), graceMs, log);
    await stop();
  };
  return { stop, drain };
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
