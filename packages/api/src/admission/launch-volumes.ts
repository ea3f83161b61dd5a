/** The volumes that a launch names: may they be its disks, how large is what is made, and is there one place for all of them. */
import { CloudError } from "@madang/core/errors";
import type { LaunchInput } from "@madang/core/instance/launch";
import type { LaunchBootVolume, LaunchVolume } from "@madang/core/instance/launch-disk";
import { sumUsage, type Usage } from "@madang/core/quota/resource";
import { volumeUsage } from "@madang/core/quota/type-resource";
import { type Flavor, lockVolumes, type Tx, type Volume } from "@madang/db";
import { lockedVolume, requireVolumeAllowed } from "./change-volume.ts";
import { sizeOf, typeOf } from "./volume.ts";
import { fillOf, type VolumeFill } from "./volume-source.ts";

type Shared = { boot: boolean; deleteWithInstance: boolean };
type PresentDisk = Shared & { kind: "volume"; volume: Volume };
type NewDisk = Shared & {
  kind: "new";
  /** One for each instance. */
  ids: readonly string[];
  name: string | null;
  sizeGib: number;
  volumeTypeId: string;
  fill: Omit<VolumeFill, "leastGib" | "usualGib" | "volumeTypeId">;
  /** What it is a copy of; null: it is none. */
  origin: Volume | null;
};
export type LaunchDisk = PresentDisk | NewDisk;

type Field = "bootVolume" | "volumes";
type Asked = { field: Field; disk: LaunchBootVolume | LaunchVolume };

export function namesVolumes({ bootVolume, volumes }: Pick<LaunchInput, "bootVolume" | "volumes">): boolean {
  return bootVolume !== null || volumes.length > 0;
}

function askedOf({ bootVolume, volumes }: LaunchInput): Asked[] {
  const boot: Asked[] = bootVolume === null ? [] : [{ field: "bootVolume", disk: bootVolume }];
  return [...boot, ...volumes.map((disk): Asked => ({ field: "volumes", disk }))];
}

/** Of everything that the launch makes. */
export function newVolumeIds(input: LaunchInput): string[] {
  return askedOf(input).flatMap(({ disk }) => (disk.kind === "new" ? disk.ids : []));
}

/**
 * In the order in which the guest shall see them. Call it with the project locked; it locks the volumes. Throws NotFound,
 * InvalidInput, InvalidState, Conflict.
 */
export async function launchDisks(
  tx: Tx,
  input: LaunchInput,
  flavor: Pick<Flavor, "diskGib" | "ramMib">,
): Promise<LaunchDisk[]> {
  const asked = askedOf(input);
  await lockVolumes(tx, await namedVolumes(tx, input.projectId, asked));
  const disks: LaunchDisk[] = [];
  for (const one of asked) disks.push(await about(one.field, () => judge(tx, input, one, flavor)));
  requireWhole(disks);
  await requireOnePlace(tx, input, disks);
  return disks;
}

export function diskUsage(disks: readonly LaunchDisk[]): Usage {
  const made = disks.flatMap((disk) => (disk.kind === "new" ? [disk] : []));
  return sumUsage(
    ...made.map(({ ids, sizeGib, volumeTypeId }) =>
      volumeUsage(volumeTypeId, { volumes: ids.length, gigabytes: ids.length * sizeGib }),
    ),
  );
}

/** Also of those that a snapshot belongs to, so that all can be locked in one order. */
async function namedVolumes(tx: Tx, projectId: string, asked: readonly Asked[]): Promise<string[]> {
  const sources = asked.flatMap(({ disk }) => (disk.kind === "new" && disk.from ? [disk.from] : []));
  const snapshotIds = sources.flatMap((from) => (from.kind === "snapshot" ? [from.snapshotId] : []));
  const snapshots = await tx.volumeSnapshot.findMany({ where: { projectId, id: { in: snapshotIds } } });
  const present = asked.flatMap(({ disk }) => (disk.kind === "volume" ? [disk.volumeId] : []));
  const copied = sources.flatMap((from) => (from.kind === "volume" ? [from.volumeId] : []));
  return [...present, ...copied, ...snapshots.map(({ volumeId }) => volumeId)];
}

/** What is refused is refused of that field of the form. */
async function about<T>(field: Field, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    throw new CloudError(error.code, error.message, { ...error.options, field });
  }
}

async function judge(
  tx: Tx,
  { projectId }: LaunchInput,
  { field, disk }: Asked,
  flavor: Pick<Flavor, "diskGib" | "ramMib">,
): Promise<LaunchDisk> {
  const boot = field === "bootVolume";
  const shared = { boot, deleteWithInstance: disk.deleteWithInstance };
  if (disk.kind === "volume") {
    const volume = await presentVolume(tx, projectId, disk.volumeId, boot);
    if (boot) await requireMemory(tx, flavor, volume.imageId);
    return { ...shared, kind: "volume", volume };
  }
  const source = disk.from ?? ({ kind: "blank" } as const);
  const { leastGib, usualGib, volumeTypeId: usualType, ...fill } = await fillOf(tx, projectId, { source });
  const usual = boot ? Math.max(usualGib ?? 0, flavor.diskGib) : usualGib;
  const sizeGib = sizeOf(disk.sizeGib, { leastGib, usualGib: usual });
  if (boot && !fill.bootable) throw notBootable("The source");
  if (boot) await requireMemory(tx, flavor, fill.imageId ?? null);
  const volumeTypeId = await typeOf(tx, projectId, disk.volumeTypeId, usualType);
  const origin = fill.sourceVolumeId
    ? await tx.volume.findUniqueOrThrow({ where: { id: fill.sourceVolumeId } })
    : null;
  return { ...shared, kind: "new", ids: disk.ids, name: disk.name, sizeGib, volumeTypeId, fill, origin };
}

async function presentVolume(tx: Tx, projectId: string, id: string, boot: boolean): Promise<Volume> {
  const locked = await lockedVolume(tx, { projectId, id });
  requireVolumeAllowed(locked, "attach");
  const { volume } = locked;
  if (boot && !volume.bootable) throw notBootable(volume.name);
  return volume;
}

function notBootable(volume: string): CloudError {
  return new CloudError("Conflict", `${volume} is not bootable.`, {
    reason: "volumeNotBootable",
    params: { volume },
  });
}

/** As long as the image is there that the volume was made of, it says what it needs. */
async function requireMemory(
  tx: Tx,
  { ramMib }: Pick<Flavor, "ramMib">,
  imageId: string | null,
): Promise<void> {
  const image = imageId && (await tx.image.findUnique({ where: { id: imageId } }));
  if (!image || image.minRamMib <= ramMib) return;
  throw new CloudError("InvalidInput", `This image needs at least ${image.minRamMib} MiB of memory.`, {
    reason: "flavorRamTooSmall",
    params: { needed: image.minRamMib, has: ramMib },
  });
}

/** What is being copied is nobody's disk meanwhile. Throws InvalidState. */
function requireWhole(disks: readonly LaunchDisk[]): void {
  const copied = new Set(
    disks.flatMap((disk) => (disk.kind === "new" && disk.origin ? [disk.origin.id] : [])),
  );
  const both = disks.some((disk) => disk.kind === "volume" && copied.has(disk.volume.id));
  if (!both) return;
  throw new CloudError("InvalidState", "A volume can't be a disk and be copied at once.", {
    reason: "volumeBeingCopied",
    field: "volumes",
  });
}

/** Throws Conflict `volumesApart` with their names, or `volumeOtherZone`. */
async function requireOnePlace(tx: Tx, input: LaunchInput, disks: readonly LaunchDisk[]): Promise<void> {
  const known = disks.flatMap((disk) => (disk.kind === "volume" ? disk.volume : (disk.origin ?? [])));
  const placed = known.filter(({ hypervisorId }) => hypervisorId !== null);
  const hosts = [...new Set(placed.flatMap(({ hypervisorId }) => hypervisorId ?? []))];
  const field = disks.some(({ boot, kind }) => boot && kind === "volume") ? "bootVolume" : "volumes";
  if (hosts.length > 1)
    throw new CloudError("Conflict", "These volumes are kept on different hypervisors.", {
      reason: "volumesApart",
      params: { volumes: placed.map(({ name }) => name).join(", ") },
      field,
    });
  const zones = new Set(await zonesOf(tx, hosts));
  for (const { hypervisorId, availabilityZone } of known)
    if (hypervisorId === null && availabilityZone !== null) zones.add(availabilityZone);
  const wanted = input.availabilityZone ?? [...zones][0];
  const other = [...zones].find((zone) => zone !== wanted);
  if (other === undefined) return;
  throw new CloudError("Conflict", `A volume is in the zone ${other}.`, {
    reason: "volumeOtherZone",
    params: { zone: other },
    field,
  });
}

async function zonesOf(tx: Tx, hypervisorIds: readonly string[]): Promise<string[]> {
  if (hypervisorIds.length === 0) return [];
  const rows = await tx.hypervisor.findMany({ where: { id: { in: [...hypervisorIds] } } });
  return rows.map(({ availabilityZone }) => availabilityZone);
}
