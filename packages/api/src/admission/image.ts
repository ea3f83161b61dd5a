/** Images that projects bring: the row comes first, its bytes after it. */
import { CloudError } from "@madang/core/errors";
import type { ImageChanges, NewImage } from "@madang/core/image/image-input";
import type { ImageVisibility } from "@madang/core/image/status";
import { type Image, lockImage, lockProject, type Tx, transaction, wake, writeImageStatus } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { imageNotFound } from "../reads/visible-image.ts";
import { lockOpenProject } from "./open-project.ts";
import { requireRoom } from "./quota-room.ts";
import { type Changes, changesOf, createOperation, recordEvent, type Subject } from "./record.ts";
import { claimIds } from "./resource-id.ts";
import { requireStill } from "./still.ts";

export type ImageRef = { projectId: string; id: string };

const mib = 1024 ** 2;

/** Throws InvalidInput, Conflict, Forbidden, QuotaExceeded. */
export async function createImage(
  deps: AdmissionDeps,
  actor: Actor,
  projectId: string,
  wish: NewImage,
): Promise<{ id: string }> {
  const { source } = wish;
  return await inProject(deps, projectId, async (tx) => {
    await lockOpenProject(tx, actor, projectId);
    const bodyHash = deps.seal.mark(JSON.stringify(["image", actor.userId, projectId, wish]));
    const claim = { id: wish.id, kind: "image", projectId, bodyHash };
    if ((await claimIds(tx, [claim])) === "repeat") return { id: wish.id };
    await requireMayShow(tx, actor, wish.visibility);
    const announced = source.kind === "upload" ? source.sizeBytes : null;
    const image_size = Math.ceil((announced ?? 0) / mib);
    await requireRoom(tx, actor, projectId, { images: 1, image_size });
    const image = await insertImage(tx, actor, projectId, wish);
    const subject = imageSubject(image);
    const kind = source.kind === "upload" ? "image.upload" : "image.fetch";
    const operationId = await createOperation(tx, actor, kind, subject, image.generation);
    const params = { visibility: wish.visibility, origin: source.kind };
    await recordEvent(tx, { actor, subject, action: "image.create", operationId, params });
    if (source.kind === "url") await wake(deps.boss, tx, "image", image.id);
    return { id: wish.id };
  });
}

function insertImage(tx: Tx, actor: Actor, projectId: string, wish: NewImage): Promise<Image> {
  const { id, name, description, visibility, minDiskGib, minRamMib, properties, source, checksum } = wish;
  const from =
    source.kind === "upload"
      ? { origin: "upload" as const, uploadSizeBytes: BigInt(source.sizeBytes) }
      : { origin: "url" as const, sourceUrl: source.url };
  return tx.image.create({
    data: {
      ...{
        id,
        projectId,
        userId: actor.userId,
        name,
        description,
        visibility,
        minDiskGib,
        minRamMib,
        properties,
      },
      ...from,
      uploadFormat: wish.format,
      protected: wish.protected,
      status: "queued",
      diskFormat: "qcow2",
      ...(checksum ? { expectedHash: checksum } : {}),
    },
  });
}

/** Everybody's images are the cloud's word, and so an administrator's. */
async function requireMayShow(tx: Tx, actor: Actor, visibility: ImageVisibility | undefined): Promise<void> {
  if (visibility === "public") await requireStill(tx, actor, "image:publish");
}

const changeable = [
  "name",
  "description",
  "visibility",
  "protected",
  "deactivated",
  "minDiskGib",
  "minRamMib",
  "properties",
] as const;

/** What is already so is not written again. Throws NotFound, Forbidden. */
export async function updateImage(
  deps: AdmissionDeps,
  actor: Actor,
  ref: ImageRef,
  changes: ImageChanges,
): Promise<void> {
  await inProject(deps, ref.projectId, async (tx) => {
    await lockOpenProject(tx, actor, ref.projectId);
    const image = await ownImage(tx, ref);
    const unused = image.deactivated || image.withdrawn;
    const changed = changesOf({ ...image, deactivated: unused }, changes, changeable);
    if (Object.keys(changed).length === 0) return;
    const { visibility } = changes;
    if (visibility !== image.visibility) await requireMayShow(tx, actor, visibility);
    // Its administrator took it out of everybody's hands; its owner alone may do so too.
    await requireMayShow(tx, actor, image.visibility);
    const { deactivated: _wish, ...others } = changes;
    const words = changed.deactivated ? await wordsOf(tx, actor, image) : {};
    const data = { ...others, ...words, generation: { increment: 1 } };
    await tx.image.update({ where: { id: image.id }, data });
    await writeImageStatus(tx, image.id);
    await recordEvent(tx, {
      actor,
      subject: imageSubject(image),
      action: actionOf(changed),
      changes: changed,
    });
  });
}

type Words = Partial<Pick<Image, "deactivated" | "withdrawn">>;

/**
 * Of its use, turned round: what an administrator takes out of use only an administrator gives back, and then what its
 * owner said before stands. Throws Forbidden.
 */
async function wordsOf(tx: Tx, actor: Actor, { deactivated, withdrawn }: Image): Promise<Words> {
  if (withdrawn) {
    await requireStill(tx, actor, "image:publish");
    return { withdrawn: false };
  }
  if (deactivated) return { deactivated: false };
  return (await mayPublish(tx, actor)) ? { withdrawn: true } : { deactivated: true };
}

async function mayPublish(tx: Tx, actor: Actor): Promise<boolean> {
  try {
    await requireStill(tx, actor, "image:publish");
    return true;
  } catch (error) {
    if (error instanceof CloudError && error.code === "Forbidden") return false;
    throw error;
  }
}

/** What the trail calls it when only this was changed. */
function actionOf(changed: Changes): string {
  const [field, ...others] = Object.keys(changed);
  if (field !== "deactivated" || others.length > 0) return "image.update";
  return changed.deactivated?.[1] === true ? "image.deactivate" : "image.reactivate";
}

/** `judge`: asked with the image locked. Asked twice, it is the same deletion. Throws NotFound, InvalidState, Forbidden. */
export async function deleteImage(
  deps: AdmissionDeps,
  actor: Actor,
  ref: ImageRef,
  judge?: (tx: Tx) => Promise<void>,
): Promise<{ operationId: string }> {
  return await inProject(deps, ref.projectId, async (tx) => {
    await lockProject(tx, ref.projectId);
    await requireStill(tx, actor);
    const image = await ownImage(tx, ref);
    await judge?.(tx);
    return await deleteLocked(deps, tx, actor, image);
  });
}

/** Call it with the image's row locked, after its project's. Throws InvalidState, Forbidden. */
export async function deleteLocked(
  deps: AdmissionDeps,
  tx: Tx,
  actor: Actor,
  image: Image,
): Promise<{ operationId: string }> {
  const earlier = image.deleteRequestedAt && (await deletionOf(tx, image.id));
  if (earlier) return { operationId: earlier.id };
  if (image.protected) throw protectedImage();
  await requireMayShow(tx, actor, image.visibility);
  const generation = image.generation + 1;
  const deleteRequestedAt = deps.admission.now();
  await tx.image.update({ where: { id: image.id }, data: { deleteRequestedAt, generation } });
  const subject = imageSubject(image);
  const operationId = await createOperation(tx, actor, "image.delete", subject, generation);
  await recordEvent(tx, { actor, subject, action: "image.delete", operationId });
  await wake(deps.boss, tx, "image", image.id);
  return { operationId };
}

function deletionOf(tx: Tx, id: string) {
  const where = { resourceId: id, kind: "image.delete" };
  return tx.operation.findFirst({ where, orderBy: { createdAt: "desc" }, select: { id: true } });
}

function protectedImage(): CloudError {
  return new CloudError("InvalidState", "This image is protected from deletion.", {
    reason: "imageProtected",
  });
}

export function imageSubject({ id, name, projectId }: Image): Subject {
  return { kind: "image", id, name, projectId };
}

/** Call it with the project's row locked. Throws NotFound. */
export async function ownImage(tx: Tx, { projectId, id }: ImageRef): Promise<Image> {
  await lockImage(tx, id);
  const image = await tx.image.findFirst({ where: { id, projectId } });
  if (!image) throw imageNotFound();
  return image;
}

/** One transaction in the project's turn. */
export async function inProject<T>(
  deps: AdmissionDeps,
  projectId: string,
  work: (tx: Tx) => Promise<T>,
): Promise<T> {
  const answer = await deps.admissions.run(projectId, () => transaction(deps.admission.prisma, work));
  deps.hints.publish("event");
  return answer;
}
