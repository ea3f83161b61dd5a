import { CloudError } from "@madang/core/errors";
import { storedProperties } from "@madang/core/hypervisor/property";
import { hostnameFor, type LaunchInput, launchName } from "@madang/core/instance/launch";
import { machineType } from "@madang/core/instance/machine";
import { launchUsage } from "@madang/core/quota/resource";
import { type Flavor, type KeyPair, type Tx, transaction, wakeAll } from "@madang/db";
import type { Actor } from "../context.ts";
import { cryptPassword } from "../crypt-password.ts";
import type { AdmissionDeps } from "../deps.ts";
import { checkFit, type LaunchImage, launchFlavor, launchImage } from "./launch-source.ts";
import { sealUserData } from "./launch-user-data.ts";
import { lockOpenProject } from "./open-project.ts";
import { requireRoom } from "./quota-room.ts";
import { createOperations, recordEvents } from "./record.ts";
import { claimIds } from "./resource-id.ts";

export type Launched = { ids: string[]; operationIds: string[] };

type Wish = {
  input: LaunchInput;
  actor: Actor;
  flavor: Flavor;
  image: LaunchImage;
  keyPair: KeyPair | null;
  passwordHash: string | null;
};

/** All of them or none. Throws NotFound, InvalidInput, Conflict, QuotaExceeded, Unavailable. */
export async function launchInstances(
  deps: AdmissionDeps,
  actor: Actor,
  input: LaunchInput,
): Promise<Launched> {
  if (new Set(input.ids).size !== input.ids.length) {
    throw new CloudError("InvalidInput", "Every new instance needs its own id.", {
      reason: "idsRepeat",
      field: "ids",
    });
  }
  // Slow on purpose, so before the line and the transaction.
  const passwordHash = input.password === null ? null : cryptPassword(input.password);
  const launched = await deps.admissions.run(input.projectId, () =>
    transaction(deps.admission.prisma, (tx) => admit(deps, tx, actor, input, passwordHash)),
  );
  deps.hints.publish("event");
  return launched;
}

async function admit(
  deps: AdmissionDeps,
  tx: Tx,
  actor: Actor,
  input: LaunchInput,
  passwordHash: string | null,
): Promise<Launched> {
  await lockOpenProject(tx, actor, input.projectId);
  const bodyHash = deps.seal.mark(JSON.stringify(["instance.launch", actor.userId, input]));
  const claims = input.ids.map((id) => ({ id, kind: "instance", projectId: input.projectId, bodyHash }));
  if ((await claimIds(tx, claims)) === "repeat") return await launchedBefore(tx, input.ids);
  const flavor = await launchFlavor(tx, input.flavorId);
  const image = await launchImage(tx, input.projectId, input.imageId);
  checkFit(flavor, image);
  await requireZone(tx, input.availabilityZone);
  const keyPair = await ownKeyPair(tx, actor.userId, input.keyPairId);
  await requireRoom(tx, actor, input.projectId, launchUsage(flavor, input.ids.length));
  const operationIds = await insertAll(deps, tx, { input, actor, flavor, image, keyPair, passwordHash });
  return { ids: input.ids, operationIds };
}

async function launchedBefore(tx: Tx, ids: string[]): Promise<Launched> {
  const operations = await tx.operation.findMany({
    where: { kind: "instance.launch", resourceId: { in: ids } },
    select: { id: true, resourceId: true },
  });
  const byResource = new Map(operations.map(({ id, resourceId }) => [resourceId, id]));
  return { ids, operationIds: ids.flatMap((id) => byResource.get(id) ?? []) };
}

async function ownKeyPair(tx: Tx, userId: string, id: string | null): Promise<KeyPair | null> {
  if (id === null) return null;
  const keyPair = await tx.keyPair.findFirst({ where: { id, userId } });
  if (keyPair) return keyPair;
  throw new CloudError("NotFound", "There is no such key pair.", {
    reason: "keyPairNotFound",
    field: "keyPairId",
  });
}

/** A zone is there as long as a hypervisor names it, up or not. */
async function requireZone(tx: Tx, availabilityZone: string | null): Promise<void> {
  if (availabilityZone === null) return;
  const known = await tx.hypervisor.findFirst({
    where: { availabilityZone, revokedAt: null },
    select: { id: true },
  });
  if (known) return;
  throw new CloudError("InvalidInput", "There is no such availability zone.", {
    reason: "zoneNotFound",
    field: "availabilityZone",
  });
}

/**
 * As few statements as there are tables, however many instances. A new row's status is what the columns' defaults say,
 * which is what `writeStatus` would derive. Answers the ids of the operations.
 */
async function insertAll(deps: AdmissionDeps, tx: Tx, wish: Wish): Promise<string[]> {
  const { input, actor, flavor, image } = wish;
  const news = input.ids.map((id, index) => ({
    ...{ id, index, name: launchName(input.name, index, input.ids.length) },
    sealed: input.userData === null ? null : sealUserData(deps.seal, id, input.userData),
  }));
  await tx.instance.createMany({
    data: news.map(({ id, index, name, sealed }) => ({
      ...{ id, ...rowOf(deps, wish, index, name), userDataSha256: sealed?.sha256 ?? null },
    })),
  });
  const secrets = news.flatMap(({ id, sealed }) =>
    sealed ? [{ instanceId: id, sha256: sealed.sha256, sealed: sealed.bytes }] : [],
  );
  if (secrets.length > 0) await tx.userData.createMany({ data: secrets });
  const subjects = news.map(({ id, name }) => ({ kind: "instance", id, name, projectId: input.projectId }));
  const operationIds = await createOperations(tx, actor, "instance.launch", subjects, 1);
  const params = { flavor: flavor.name, image: image.name };
  const entries = subjects.map((subject, index) => {
    const operationId = operationIds[index] ?? null;
    return { actor, subject, action: "instance.create", operationId, params };
  });
  await recordEvents(tx, entries);
  await wakeAll(deps.boss, tx, "instance", input.ids);
  return operationIds;
}

function rowOf(deps: AdmissionDeps, wish: Wish, index: number, name: string) {
  const { input, actor, flavor, image, keyPair, passwordHash } = wish;
  const id = input.ids[index] ?? "";
  return {
    projectId: input.projectId,
    userId: actor.userId,
    name,
    hostname: hostnameFor(name, id),
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
    passwordHashSealed:
      passwordHash && deps.seal.close(Buffer.from(passwordHash), `password:${id}`).toString("base64"),
    availabilityZone: input.availabilityZone,
    requiredProperties: storedProperties(flavor.requiredProperties),
    machineType,
    launchIndex: index,
    crashPolicy: input.crashPolicy,
    deleteProtection: input.deleteProtection,
    scheduleDeadline: new Date(deps.admission.now().getTime() + deps.scheduleTimeoutMs),
  };
}
