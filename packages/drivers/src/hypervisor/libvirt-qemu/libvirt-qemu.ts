/**
 * Guests as libvirt domains under QEMU. The domain carries our metadata, and that mark alone makes it ours: a domain
 * without it is never listed, changed or removed.
 */
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { CloudError } from "@madang/core/errors";
import type { ConsoleKind } from "@madang/core/wire/agent";
import type { Logger } from "pino";
import type { EnsureOptions, GuestObservation, GuestOrder, HypervisorDriver } from "../driver.ts";
import { guestLocks } from "../guest-lock.ts";
import { writeConfigDrive } from "./config-drive.ts";
import { openConsoles } from "./consoles.ts";
import { assertDisk, ensureDisk } from "./disk.ts";
import { powerOf } from "./domain-state.ts";
import { buildDomainXml, domainName, guestIdOfName } from "./domain-xml.ts";
import { type Domains, domainCalls } from "./domains.ts";
import { guestEvents } from "./guest-events.ts";
import { type GuestFiles, guestFiles, makeGuestFolder, makeInstancesFolder } from "./guest-files.ts";
import { hostInventory } from "./host-inventory.ts";
import { forceOff, type Guest, type PowerDeps, settle, stopForReboot, stopGuest } from "./power.ts";
import { chooseVirtType, type VirtType } from "./probe.ts";
import { isLibvirtCode, libvirtCode } from "./rpc/fault.ts";
import { openSession, type Session } from "./rpc/session.ts";
import type { Domain } from "./rpc/xdr.ts";

export type LibvirtQemuOptions = {
  /** What boot/libvirt.mjs made: run/, lib/, log/. */
  libvirtDir: string;
  /** One folder a guest; every folder above it must let other users pass (o+x). */
  instancesDir: string;
  virtType: VirtType | "auto";
  log: Logger;
};

const defaultGraceMs = 30_000;

type Deps = PowerDeps & {
  session: Session;
  virtType: VirtType;
  options: LibvirtQemuOptions;
  consoles: ReturnType<typeof openConsoles>;
};

export async function openLibvirtQemu(options: LibvirtQemuOptions): Promise<HypervisorDriver> {
  const { libvirtDir, instancesDir, log } = options;
  await makeInstancesFolder(instancesDir);
  const choice = await resolveVirtType(options);
  log.info({ virtType: choice.virtType, why: choice.why }, "acceleration chosen");
  const session = openSession(join(libvirtDir, "run", "libvirt-sock"));
  const events = guestEvents();
  const deps: Deps = {
    session,
    domains: domainCalls(session),
    events,
    virtType: choice.virtType,
    options,
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
    },
    inventory: () => hostInventory(instancesDir),
    list: () => listGuests(deps.domains),
    observe: (guestId) => observeGuest(deps.domains, guestId),
    ensure: (order, how) => locks.run(order.spec.guestId, how.signal, () => ensureGuest(deps, order, how)),
    remove: (guestId, signal) => locks.run(guestId, signal, () => removeGuest(deps, guestId, signal)),
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

async function listGuests(domains: Domains): Promise<GuestObservation[]> {
  const found = await Promise.all(
    (await domains.list()).map(async (domain) => {
      try {
        const guest = await asGuest(domains, domain);
        return guest && (await observation(domains, guest));
      } catch (error) {
        // Gone since it was listed.
        if (isLibvirtCode(error, libvirtCode.noDomain)) return null;
        throw error;
      }
    }),
  );
  return found.filter((one) => one !== null);
}

async function observeGuest(domains: Domains, guestId: string): Promise<GuestObservation | null> {
  const domain = await domains.lookup(guestId);
  const guest = domain && (await asGuest(domains, domain));
  return guest ? observation(domains, guest) : null;
}

async function observation(domains: Domains, { id, domain, metadata }: Guest): Promise<GuestObservation> {
  const power = powerOf(await domains.state(domain), metadata.stopping);
  return { guestId: id, name: metadata.hostname, ...power, rebootSeq: metadata.rebootSeq };
}

async function asGuest(domains: Domains, domain: Domain): Promise<Guest | null> {
  const metadata = await domains.metadata(domain);
  return metadata && { id: uuidText(domain.uuid), domain, metadata };
}

/** Throws Conflict when a domain with this id is there and is not ours. */
async function findOurs(domains: Domains, guestId: string): Promise<Guest | null> {
  const domain = await domains.lookup(guestId);
  if (!domain) return null;
  const guest = await asGuest(domains, domain);
  if (guest) return guest;
  throw new CloudError("Conflict", "Something else on the hypervisor has the guest's id.", {
    reason: "GuestForeign",
    detail: `domain ${guestId} has no metadata of ours`,
    retry: "elsewhere",
  });
}

async function ensureGuest(deps: Deps, order: GuestOrder, how: EnsureOptions): Promise<GuestObservation> {
  const { spec } = order;
  const files = guestFiles(deps.options.instancesDir, spec.guestId);
  const limits = { signal: how.signal, graceMs: how.shutdownGraceMs ?? defaultGraceMs };
  const guest = await findOurs(deps.domains, spec.guestId);
  if (spec.desired === "stopped") return ensureStopped(deps, order, how, guest, files);

  const runs = guest !== null && (await settle(deps, guest, limits));
  if (guest && runs && guest.metadata.rebootSeq >= spec.rebootSeq) return observation(deps.domains, guest);
  if (guest && runs) {
    how.onPhase?.("rebooting", null);
    await stopForReboot(deps, guest, spec.rebootKind, limits);
  }
  return startGuest(deps, order, how, files, guest !== null);
}

async function ensureStopped(
  deps: Deps,
  order: GuestOrder,
  how: EnsureOptions,
  guest: Guest | null,
  files: GuestFiles,
): Promise<GuestObservation> {
  if (guest) {
    const before = await observation(deps.domains, guest);
    if (before.observed === "running") how.onPhase?.("stopping", null);
    await stopGuest(deps, guest, { signal: how.signal, graceMs: how.shutdownGraceMs ?? defaultGraceMs });
  }
  how.signal.throwIfAborted();
  const now = guest && (await findOurs(deps.domains, guest.id));
  if (!now) return observation(deps.domains, await prepareGuest(deps, order, how, files, false));
  await assertDisk(files);
  return observation(deps.domains, now);
}

async function startGuest(
  deps: Deps,
  order: GuestOrder,
  how: EnsureOptions,
  files: GuestFiles,
  known: boolean,
): Promise<GuestObservation> {
  const guest = await prepareGuest(deps, order, how, files, known);
  how.onPhase?.("starting", null);
  await deps.domains.create(guest.domain);
  return observation(deps.domains, guest);
}

/** Disk, config drive and definition of a guest that is off. */
async function prepareGuest(
  deps: Deps,
  order: GuestOrder,
  how: EnsureOptions,
  files: GuestFiles,
  known: boolean,
): Promise<Guest> {
  const { spec } = order;
  how.onPhase?.("preparing-disk", null);
  await makeGuestFolder(files);
  await ensureDisk(files, order, known, how.signal);
  await writeConfigDrive(files, order, how.signal);
  how.signal.throwIfAborted();
  const metadata = {
    instance: spec.instanceId,
    project: spec.projectId,
    hostname: spec.hostname,
    rebootSeq: spec.rebootSeq,
    stopping: false,
  };
  const domain = await deps.domains.define(
    buildDomainXml({
      guestId: spec.guestId,
      virtType: deps.virtType,
      machineType: spec.machineType,
      vcpus: spec.vcpus,
      ramMib: spec.ramMib,
      metadata,
      disk: { path: files.disk, basePath: files.base, baseFormat: spec.image.format },
      configDrivePath: files.configDrive,
      serialLogPath: files.serialLog,
    }),
  );
  return { id: spec.guestId, domain, metadata };
}

async function removeGuest(deps: Deps, guestId: string, signal: AbortSignal): Promise<void> {
  const guest = await findOurs(deps.domains, guestId);
  if (guest) {
    await forceOff(deps, guest);
    signal.throwIfAborted();
    await deps.domains.undefine(guest.domain);
  }
  deps.consoles.forget(guestId);
  await rm(guestFiles(deps.options.instancesDir, guestId).folder, { recursive: true, force: true });
  await removeQemuLogs(deps.options.libvirtDir, guestId);
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
  const files = guestFiles(deps.options.instancesDir, guestId);
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

function uuidText(uuid: Buffer): string {
  const hex = uuid.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
