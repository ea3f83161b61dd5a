/** What launches write, in one statement however many launches and instances there are. */
import { storedProperties } from "@madang/core/hypervisor/property";
import { hostnameFor, launchName } from "@madang/core/instance/launch";
import { machineType } from "@madang/core/instance/machine";
import { insertTogether, type Tx, wakeAll } from "@madang/db";
import type { AdmissionDeps } from "../deps.ts";
import type { Launched, LaunchWish } from "./launch-instance.ts";
import type { Place } from "./launch-place.ts";
import type { LaunchSource } from "./launch-source.ts";
import { sealUserData } from "./launch-user-data.ts";
import { eventOf, newOperations } from "./record.ts";

/** A launch that nothing speaks against any more. `place`: of one that is to be reachable its own way says it. */
export type SureLaunch = { wish: LaunchWish; source: LaunchSource; place: Place };

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

function partsOf(deps: AdmissionDeps, { wish, source }: SureLaunch) {
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
      ...rowOf(deps, wish, source),
      userDataSha256: sealed?.sha256 ?? null,
      passwordHashSealed: sealedPassword(deps, wish, id),
    })),
  };
}

function entriesOf({ wish, source, subjects, operations }: SureLaunch & Parts) {
  const params = { flavor: source.flavor.name, image: source.image.name };
  return subjects.map((subject, index) => ({
    ...{ actor: wish.actor, subject, action: "instance.create", params },
    operationId: operations[index]?.id ?? null,
  }));
}

function sealedPassword({ seal }: AdmissionDeps, { passwordHash }: LaunchWish, id: string): string | null {
  if (passwordHash === null) return null;
  return seal.close(Buffer.from(passwordHash), `password:${id}`).toString("base64");
}

function rowOf(deps: AdmissionDeps, { input, actor }: LaunchWish, { flavor, image, keyPair }: LaunchSource) {
  return {
    projectId: input.projectId,
    userId: actor.userId,
    flavorId: flavor.id,
    flavorName: flavor.name,
    vcpus: flavor.vcpus,
    ramMib: flavor.ramMib,
    diskGib: flavor.diskGib,
    imageId: image.id,
    imageName: image.name,
    imageSource: image.source,
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
