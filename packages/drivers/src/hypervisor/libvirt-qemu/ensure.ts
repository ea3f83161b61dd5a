/** Brings one guest to its spec. Called under the guest's lock; may be aborted anywhere and called again. */
import { isDiskFull } from "../../disk/disk-full.ts";
import { hasBootVolume, requireBootable } from "../boot.ts";
import type { EnsureOptions, GuestDevice, GuestObservation, GuestOrder } from "../driver.ts";
import { writeBody } from "./body.ts";
import { writeConfigDrive } from "./config-drive.ts";
import { assertDisk, ensureDisk, type RootDisk } from "./disk.ts";
import type { DiskCalls } from "./disk-calls.ts";
import { readDisks } from "./disk-xml.ts";
import { changeDisks, sameDisks } from "./disks.ts";
import { buildDomainXml } from "./domain-xml.ts";
import { ensureVariables, type Firmware, requireFirmware } from "./firmware.ts";
import { thawIfMarked } from "./freeze.ts";
import { type GuestFiles, guestFiles, makeGuestFolder } from "./guest-files.ts";
import { findOurs, type Guest, observation } from "./guests.ts";
import { resumeHalted } from "./halted.ts";
import type { GuestMetadata } from "./metadata.ts";
import { type ModelledDevice, readNics } from "./nic-xml.ts";
import { changeNics, sameNics } from "./nics.ts";
import { type PowerDeps, settle, stopForReboot, stopGuest } from "./power.ts";
import type { VirtType } from "./probe.ts";

export type EnsureDeps = PowerDeps & {
  disks: DiskCalls;
  virtType: VirtType;
  instancesDir: string;
  /** For UEFI; null: it is not installed here. */
  firmware: Firmware | null;
};

const defaultGraceMs = 30_000;

/** One call: what was asked for, how, and where it goes. */
type Task = { deps: EnsureDeps; order: GuestOrder; how: EnsureOptions; files: GuestFiles; graceMs: number };

export async function ensureGuest(
  deps: EnsureDeps,
  order: GuestOrder,
  how: EnsureOptions,
): Promise<GuestObservation> {
  const { spec } = order;
  const files = guestFiles(deps.instancesDir, spec.guestId);
  const task = { deps, order, how, files, graceMs: how.shutdownGraceMs ?? defaultGraceMs };
  const guest = await findOurs(deps.domains, spec.guestId);
  if (guest) await keepDefined(task, guest);
  if (spec.desired === "stopped") return guest ? stopKnown(task, guest) : prepareStopped(task);
  if (guest && !mustReboot(guest, order)) await resumeHalted(deps, guest, order.disks, how.signal);
  const runs = guest !== null && (await settle(deps, guest, limits(task)));
  if (guest && runs) {
    if (!mustReboot(guest, order)) return keepRunning(task, guest);
    // As long as it runs, its data can still be saved; a reboot would be the end of it.
    if (rootDisk(order)) await assertDisk(files);
    how.onPhase?.("rebooting", null);
    await stopForReboot(deps, guest, spec.rebootKind, limits(task));
  }
  return start(task, guest !== null);
}

/** null when it boots from a volume, or is to once it has one. */
function rootDisk(order: GuestOrder): RootDisk | null {
  const { diskGib, image, hardware } = order.spec;
  if (image === null || hasBootVolume(order)) return null;
  return { diskGib, image, imagePath: order.imagePath, isCd: hardware?.medium === "cdrom" };
}

const mustReboot = ({ metadata }: Guest, { spec }: GuestOrder) => metadata.rebootSeq < spec.rebootSeq;

/** Somebody undefined it while it ran: without a definition it would be gone with its next stop. */
async function keepDefined({ deps, order, files }: Task, guest: Guest): Promise<void> {
  if (await deps.domains.isPersistent(guest.domain)) return;
  await deps.domains.define(domainXml(deps, order, files, guest.metadata));
}

/** Whoever asks for it may be another than who had it made: a guest can be taken over while it runs. */
async function keepRunning(task: Task, guest: Guest): Promise<GuestObservation> {
  const { deps, order, files } = task;
  await thawIfMarked(deps, guest);
  if (order.nics) await changeNics(deps, guest, modelled(order, order.nics), task.how.signal);
  if (order.disks) await changeDisks(deps, guest, order.disks, task.how.signal);
  const { instanceId: instance, projectId: project } = order.spec;
  if (guest.metadata.instance !== instance || guest.metadata.project !== project)
    await deps.domains.setLiveMetadata(guest.domain, { ...guest.metadata, instance, project });
  await makeGuestFolder(files);
  await tryWriteBody(task);
  return observation(deps.domains, guest);
}

/** On a full disk an older description must do: nobody's guest is stopped, or kept from stopping, for it. */
async function tryWriteBody({ files, order }: Task): Promise<void> {
  await writeBody(files, order).catch((error: unknown) => {
    if (!isDiskFull(error)) throw error;
  });
}

/** Stopping must work whatever became of the image, so only the disk is looked at. */
async function stopKnown(task: Task, guest: Guest): Promise<GuestObservation> {
  const { deps, how, files } = task;
  const before = await observation(deps.domains, guest);
  if (before.observed === "running") how.onPhase?.("stopping", null);
  await stopGuest(deps, guest, limits(task));
  how.signal.throwIfAborted();
  if (rootDisk(task.order)) await assertDisk(files);
  await tryWriteBody(task);
  const now = (await findOurs(deps.domains, guest.id)) ?? guest;
  await redefineDevices(task, now);
  return observation(deps.domains, now);
}

/** Of a guest that is off, so that what is observed of it is what was ordered. */
async function redefineDevices({ deps, order, files }: Task, guest: Guest): Promise<void> {
  const stored = await deps.domains.storedXml(guest.domain);
  const areNics = !order.nics || sameNics(readNics(stored), order.nics);
  const areDisks = !order.disks || sameDisks(order.disks, readDisks(stored));
  if (areNics && areDisks) return;
  await deps.domains.define(domainXml(deps, order, files, guest.metadata));
}

async function prepareStopped(task: Task): Promise<GuestObservation> {
  return observation(task.deps.domains, await prepare(task, false));
}

async function start(task: Task, known: boolean): Promise<GuestObservation> {
  const { deps, how } = task;
  requireBootable(task.order);
  const guest = await prepare(task, known);
  how.onPhase?.("starting", null);
  await deps.domains.create(guest.domain);
  return observation(deps.domains, guest);
}

/** Disk, config drive and definition of a guest that is off; `known` when it was defined before. */
async function prepare({ deps, order, how, files }: Task, known: boolean): Promise<Guest> {
  const { spec } = order;
  how.onPhase?.("preparing-disk", null);
  await makeGuestFolder(files);
  const root = rootDisk(order);
  if (root) await ensureDisk(files, root, known || order.made, how.signal);
  if (isUefi(order)) await ensureVariables(files, requireFirmware(deps.firmware));
  await writeBody(files, order);
  await writeConfigDrive(files, order, how.signal);
  how.signal.throwIfAborted();
  const metadata = {
    instance: spec.instanceId,
    project: spec.projectId,
    hostname: spec.hostname,
    rebootSeq: spec.rebootSeq,
    stopping: false,
    freezing: false,
  };
  const domain = await deps.domains.define(domainXml(deps, order, files, metadata));
  return { id: spec.guestId, domain, metadata };
}

const isUefi = ({ spec }: GuestOrder) => spec.hardware?.firmware === "uefi";

function modelled({ spec }: GuestOrder, nics: readonly GuestDevice[]): ModelledDevice[] {
  const { nicModel: model = "virtio" } = spec.hardware ?? {};
  return nics.map((nic) => ({ ...nic, model }));
}

function domainXml(
  { virtType, firmware }: EnsureDeps,
  order: GuestOrder,
  files: GuestFiles,
  metadata: GuestMetadata,
): string {
  const { spec, nics = [], disks: volumes = [] } = order;
  const { guestId, machineType, vcpus, ramMib, hardware = {} } = spec;
  const root = rootDisk(order);
  return buildDomainXml({
    ...{ guestId, machineType, vcpus, ramMib, metadata, virtType, hardware },
    disk: root && { path: files.disk, base: root.isCd ? null : baseOf(root, files) },
    cdPath: root?.isCd ? files.base : null,
    configDrivePath: files.configDrive,
    serialLogPath: files.serialLog,
    nics: modelled(order, nics),
    volumes,
    uefi: isUefi(order) ? uefiOf(requireFirmware(firmware), files) : null,
  });
}

function baseOf({ image }: RootDisk, { base }: GuestFiles) {
  return { path: base, format: image.format };
}

function uefiOf({ code, variables: template }: Firmware, { variables }: GuestFiles) {
  return { code, variables, template };
}

function limits({ how, graceMs }: Task) {
  return { signal: how.signal, graceMs };
}
