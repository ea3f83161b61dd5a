/** What launches write, in one statement however many launches and instances there are. */
import { storedProperties } from "@madang/core/hypervisor/property";
import { hostnameFor, launchName } from "@madang/core/instance/launch";
import { machineType } from "@madang/core/instance/machine";
import { type Hardware, storedHardware } from "@madang/core/wire/hardware";
import { insertTogether, type Tx, wakeAll } from "@madang/db";
import type { AdmissionDeps } from "../deps.ts";
import type { Launched, LaunchWish } from "./launch-instance.ts";
import type { Place } from "./launch-place.ts";
import type { LaunchSource } from "./launch-source.ts";
import { sealUserData } from "./launch-user-data.ts";
import type { LaunchDisk } from "./launch-volumes.ts";
import { eventOf, newOperations } from "./record.ts";

/**
 * A launch that nothing speaks against any more. `place`: of one that is to be reachable its own way says it. `disks`: besides
 * the root disk that its image makes.
 */
export type SureLaunch = {
  wish: LaunchWish;
  source: LaunchSource;
  place: Place;
  disks: readonly LaunchDisk[];
};

/** A new row's status is what the columns' defaults say, which is what `writeStatus` would derive. */
export async function insertLaunches(
  deps: AdmissionDeps,
  tx: Tx,
  launches: readonly SureLaunch[],
): Promise<{ wish: LaunchWish; launched: Launched }[]> {
  if (launches.length === 0) return [];
  const made = launches.map((launch) => ({ ...launch, ...partsOf(deps, launch) }));
  await insertTogether(tx, [
    { table: "instance", rows: made.flatMap(({ rows }) => rows) },
    { table: "operation", rows: made.flatMap(({ operations }) => operations) },
    { table: "event", rows: made.flatMap(entriesOf).map(eventOf) },
  ]);
  const secrets = made.flatMap((one) => one.secrets);
  if (secrets.length > 0) await tx.userData.createMany({ data: secrets });
  const ids = made.flatMap(({ wish }) => wish.input.ids);
  await wakeAll(deps.boss, tx, "instance", ids);
  return made.map(({ wish, operations }) => ({
    wish,
    launched: { ids: wish.input.ids, operationIds: operations.map(({ id }) => id) },
  }));
}

type Parts = ReturnType<typeof partsOf>;

function partsOf(deps: AdmissionDeps, launch: SureLaunch) {
  const { wish } = launch;
  const { input, actor } = wish;
  const news = input.ids.map((id, index) => ({
    ...{ id, index, name: launchName(input.name, index, input.ids.length) },
    sealed: input.userData === null ? null : sealUserData(deps.seal, id, input.userData),
  }));
  const subjects = news.map(({ id, name }) => ({ kind: "instance", id, name, projectId: input.projectId }));
  return {
    subjects,
    operations: newOperations(actor, "instance.launch", subjects, 1),
    secrets: news.flatMap(({ id, sealed }) =>
      sealed ? [{ instanceId: id, sha256: sealed.sha256, sealed: sealed.bytes }] : [],
    ),
    rows: news.map(({ id, index, name, sealed }) => ({
      ...{ id, name, hostname: hostnameFor(name, id), launchIndex: index },
      ...rowOf(deps, launch),
      userDataSha256: sealed?.sha256 ?? null,
      passwordHashSealed: sealedPassword(deps, wish, id),
    })),
  };
}

function entriesOf({ wish, source, disks, subjects, operations }: SureLaunch & Parts) {
  const params = { flavor: source.flavor.name, ...bootParams(source, disks) };
  return subjects.map((subject, index) => ({
    ...{ actor: wish.actor, subject, action: "instance.create", params },
    operationId: operations[index]?.id ?? null,
  }));
}

function bootParams({ image }: LaunchSource, disks: readonly LaunchDisk[]): { [key: string]: string } {
  if (image) return { image: image.name, imageId: image.id };
  const boot = disks.find((disk) => disk.boot);
  return boot?.kind === "volume" ? { volume: boot.volume.name, volumeId: boot.volume.id } : {};
}

/** Of the machine, as the image says that the volume it boots from was once made of. */
function bootHardware(disks: readonly LaunchDisk[]): Hardware {
  const boot = disks.find((disk) => disk.boot);
  if (!boot) return {};
  return storedHardware(boot.kind === "volume" ? boot.volume.hardware : boot.fill.hardware);
}

function sealedPassword({ seal }: AdmissionDeps, { passwordHash }: LaunchWish, id: string): string | null {
  if (passwordHash === null) return null;
  return seal.close(Buffer.from(passwordHash), `password:${id}`).toString("base64");
}

function rowOf(deps: AdmissionDeps, { wish: { input, actor }, source, disks }: SureLaunch) {
  const { flavor, image, keyPair } = source;
  return {
    projectId: input.projectId,
    userId: actor.userId,
    flavorId: flavor.id,
    flavorName: flavor.name,
    vcpus: flavor.vcpus,
    ramMib: flavor.ramMib,
    diskGib: flavor.diskGib,
    imageId: image?.id ?? null,
    imageName: image?.name ?? null,
    imageSource: image?.source ?? null,
    hardware: image?.hardware ?? bootHardware(disks),
    keyName: keyPair?.name ?? null,
    publicKey: keyPair?.publicKey ?? null,
    availabilityZone: input.availabilityZone,
    requiredProperties: storedProperties(flavor.requiredProperties),
    machineType,
    crashPolicy: input.crashPolicy,
    deleteProtection: input.deleteProtection,
    scheduleDeadline: new Date(deps.admission.now().getTime() + deps.scheduleTimeoutMs),
  };
}
