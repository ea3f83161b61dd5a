/**
 * Guests as libvirt domains under QEMU. The domain carries our metadata, and that mark alone makes it ours: a domain
 * without it is listed, and never changed or removed but by `evict`.
 */
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { CloudError } from "@madang/core/errors";
import type { ConsoleKind } from "@madang/core/wire/agent";
import type { Logger } from "pino";
import { z } from "zod";
import { makePassableFolder } from "../../disk/owned-file.ts";
import type { HypervisorDriver } from "../driver.ts";
import { guestLocks } from "../guest-lock.ts";
import { readBody } from "./body.ts";
import { type Consoles, openConsoles } from "./consoles.ts";
import { diskCalls } from "./disk-calls.ts";
import { domainName, guestIdOfName } from "./domain-xml.ts";
import { type Domains, domainCalls } from "./domains.ts";
import { type EnsureDeps, ensureGuest } from "./ensure.ts";
import { findFirmware } from "./firmware.ts";
import { guestEvents } from "./guest-events.ts";
import { guestFiles } from "./guest-files.ts";
import { findOurs, listGuests, observation, observeGuest } from "./guests.ts";
import { hostInventory } from "./host-inventory.ts";
import { liveDisks } from "./live-disks.ts";
import { offeredHardware } from "./offered.ts";
import { forceOff } from "./power.ts";
import { chooseVirtType, type VirtType } from "./probe.ts";
import { rootCopies } from "./root-copies.ts";
import { openSession } from "./rpc/session.ts";
import type { Domain } from "./rpc/xdr.ts";
import { sampleGuests } from "./sample.ts";

export type LibvirtQemuOptions = {
  /** What boot/libvirt.mjs made: run/, lib/, log/. */
  libvirtDir: string;
  /** One folder a guest; every folder above it must let other users pass (o+x). */
  instancesDir: string;
  virtType: VirtType | "auto";
  log: Logger;
};

type Deps = EnsureDeps & { libvirtDir: string; consoles: Consoles };

export async function openLibvirtQemu(options: LibvirtQemuOptions): Promise<HypervisorDriver> {
  const { libvirtDir, instancesDir, log } = options;
  await makePassableFolder(instancesDir);
  const choice = await resolveVirtType(options);
  log.info({ virtType: choice.virtType, why: choice.why }, "acceleration chosen");
  const firmware = await findFirmware();
  const hardware = await offeredHardware(firmware !== null);
  log.info({ firmware, hardware }, "hardware that images may ask for");
  const session = openSession(join(libvirtDir, "run", "libvirt-sock"));
  const events = guestEvents();
  const deps: Deps = {
    domains: domainCalls(session),
    disks: diskCalls(session),
    events,
    virtType: choice.virtType,
    libvirtDir,
    instancesDir,
    firmware,
    consoles: openConsoles(libvirtDir),
  };
  const locks = guestLocks();
  const stopListening = session.listen(
    ({ domain }) => tell(domain, (guestId) => events.happened(guestId)),
    () => {},
  );

  return {
    kind: "libvirt-qemu",
    capabilities: {
      graphicalConsole: true,
      serialConsole: true,
      consoleLog: true,
      realDisks: true,
      acceleration: choice.virtType === "kvm" ? "kvm" : "tcg",
      hardware,
      bootsFromVolume: true,
      metrics: true,
    },
    liveDisks: liveDisks(deps),
    rootCopies: rootCopies(deps, locks),
    inventory: () => hostInventory(instancesDir),
    list: () => listGuests(deps.domains, instancesDir),
    observe: (guestId) => observeGuest(deps.domains, guestId),
    sample: () => sampleGuests(session),
    ensure: (order, how) => locks.run(order.spec.guestId, how.signal, () => ensureGuest(deps, order, how)),
    remove: (guestId, signal) => locks.run(guestId, signal, () => removeGuest(deps, guestId, signal)),
    describe: (guestId) => readBody(instancesDir, guestId),
    evict: (guestId, signal) => locks.run(guestId, signal, () => evictGuest(deps, guestId, signal)),
    console: (guestId, kind, signal) => openConsole(deps, guestId, kind, signal),
    watch: (onChange) =>
      session.listen(
        ({ domain }) => tell(domain, onChange),
        () => tellAll(deps.domains, onChange),
      ),
    async close() {
      stopListening();
      deps.consoles.close();
      session.close();
    },
  };
}

async function resolveVirtType({ virtType, libvirtDir }: LibvirtQemuOptions) {
  if (virtType !== "auto") return { virtType, why: "set by the operator" };
  return chooseVirtType(join(libvirtDir, "virt-type.json"));
}

async function removeGuest(deps: Deps, guestId: string, signal: AbortSignal): Promise<void> {
  const guest = await findOurs(deps.domains, guestId);
  signal.throwIfAborted();
  if (guest) {
    await forceOff(deps, guest);
    signal.throwIfAborted();
    await deps.domains.undefine(guest.domain);
  }
  deps.consoles.forget(guestId);
  await rm(guestFiles(deps.instancesDir, guestId).folder, { recursive: true, force: true });
  await removeQemuLogs(deps.libvirtDir, guestId);
}

/** Of what is not ours the definition goes, and no file but those in a folder of ours that bears its id. */
async function evictGuest(deps: Deps, guestId: string, signal: AbortSignal): Promise<void> {
  const domain = await deps.domains.lookup(guestId);
  if (domain && !(await deps.domains.metadata(domain))) {
    await forceOff(deps, { domain });
    signal.throwIfAborted();
    await deps.domains.undefine(domain);
  }
  if (z.uuid().safeParse(guestId).success) await removeGuest(deps, guestId, signal);
}

/** QEMU's own messages, which libvirt keeps by name for ever. */
async function removeQemuLogs(libvirtDir: string, guestId: string): Promise<void> {
  const folder = join(libvirtDir, "log", "qemu");
  const names = await readdir(folder).catch(() => []);
  const ours = names.filter((name) => name.startsWith(`${domainName(guestId)}.log`));
  await Promise.all(ours.map((name) => rm(join(folder, name), { force: true })));
}

async function openConsole(deps: Deps, guestId: string, kind: ConsoleKind, signal: AbortSignal) {
  const guest = await findOurs(deps.domains, guestId);
  if (!guest)
    throw new CloudError("NotFound", "The hypervisor has no such guest.", { reason: "GuestNotFound" });
  const files = guestFiles(deps.instancesDir, guestId);
  if (kind === "log") return deps.consoles.log(files);
  const { observed } = await observation(deps.domains, guest);
  if (observed !== "running")
    throw new CloudError("InvalidState", "The guest is not running.", { reason: "GuestState" });
  signal.throwIfAborted();
  if (kind === "serial") return deps.consoles.serial(guestId, files);
  return deps.consoles.vnc(await deps.domains.liveXml(guest.domain));
}

function tell(domain: Domain, onChange: (guestId: string) => void): void {
  const guestId = guestIdOfName(domain.name);
  if (guestId) onChange(guestId);
}

/** After a reconnect events may be missing, so everybody is news. */
function tellAll(domains: Domains, onChange: (guestId: string) => void): void {
  domains.list().then(
    (all) => {
      for (const domain of all) tell(domain, onChange);
    },
    () => {},
  );
}
