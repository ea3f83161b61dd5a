/** What a launch writes of its volumes: new ones, and that each is a disk of its instance. */
import { launchName, nameLimit } from "@madang/core/instance/launch";
import { launchedVolumeStatus, type Tx, wakeAll, writeVolumeStatus } from "@madang/db";
import type { AdmissionDeps } from "../deps.ts";
import { volumeSubject } from "./change-volume.ts";
import type { LaunchWish } from "./launch-instance.ts";
import type { LaunchDisk } from "./launch-volumes.ts";
import { newOperations, recordEvents } from "./record.ts";

type Disk = { instanceId: string; position: number; volumeId: string; name: string; disk: LaunchDisk };

/** Call it once the instances are there and room for all of it is known. */
export async function insertVolumes(
  deps: AdmissionDeps,
  tx: Tx,
  wish: LaunchWish,
  disks: readonly LaunchDisk[],
): Promise<void> {
  if (disks.length === 0) return;
  const all = disksOf(wish, disks);
  await tx.volume.createMany({ data: all.flatMap((one) => rowOf(wish, one)) });
  await tx.volumeAttachment.createMany({
    data: all.map(({ instanceId, position, volumeId, disk: { boot, deleteWithInstance } }) => ({
      ...{ id: crypto.randomUUID(), volumeId, instanceId, position, boot, deleteWithInstance },
    })),
  });
  for (const { volumeId, disk } of all) if (disk.kind === "volume") await writeVolumeStatus(tx, volumeId);
  await record(tx, wish, all);
  await wakeAll(
    deps.boss,
    tx,
    "volume",
    all.flatMap(({ volumeId, disk }) => (disk.kind === "new" ? [volumeId] : [])),
  );
}

function disksOf({ input }: LaunchWish, disks: readonly LaunchDisk[]): Disk[] {
  return input.ids.flatMap((instanceId, index) => {
    const instance = launchName(input.name, index, input.ids.length);
    return disks.map((disk, position) => {
      if (disk.kind === "volume")
        return { instanceId, position, disk, volumeId: disk.volume.id, name: disk.volume.name };
      const nth = input.bootVolume === null ? position + 1 : position;
      const name = disk.name ?? nameOf(instance, disk.boot ? "-root" : `-disk-${nth}`);
      return { instanceId, position, disk, volumeId: disk.ids[index] ?? "", name };
    });
  });
}

function nameOf(instance: string, ending: string): string {
  return [...instance].slice(0, nameLimit - ending.length).join("") + ending;
}

function rowOf({ input, actor }: LaunchWish, { volumeId: id, name, disk }: Disk) {
  if (disk.kind === "volume") return [];
  const { sizeGib, volumeTypeId, fill } = disk;
  const { projectId, availabilityZone } = input;
  // As it comes: up to 850 volumes are made in one transaction, and each that is looked at anew takes its time of it.
  const status = launchedVolumeStatus({ source: fill.source ?? "blank", sizeGib });
  const row = { id, name, status, sizeGib, volumeTypeId, ...fill };
  return [{ ...row, projectId, availabilityZone, userId: actor.userId }];
}

/** As if each had been made, or attached, by itself; what is filled from another volume takes a while, and says how far it is. */
async function record(tx: Tx, { input, actor }: LaunchWish, all: readonly Disk[]): Promise<void> {
  const subjectOf = ({ volumeId: id, name }: Disk) => volumeSubject({ id, name, projectId: input.projectId });
  const copied = all.filter(({ disk }) => disk.kind === "new" && disk.origin !== null);
  const operations = newOperations(actor, "volume.create", copied.map(subjectOf), 1);
  await tx.operation.createMany({ data: operations });
  const operationOf = new Map(operations.map(({ id, resourceId }) => [resourceId, id]));
  await recordEvents(
    tx,
    all.map((one) => ({
      ...{ actor, subject: subjectOf(one), operationId: operationOf.get(one.volumeId) ?? null },
      action: one.disk.kind === "new" ? "volume.create" : "volume.attach",
      params: paramsOf(one, input.name),
    })),
  );
}

function paramsOf({ disk }: Disk, instance: string): { [key: string]: string | number } {
  if (disk.kind === "volume") return { instance };
  return { gib: disk.sizeGib, source: disk.fill.source ?? "blank" };
}
