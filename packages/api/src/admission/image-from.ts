/** Images of what a project has: the row, its share of the quota, and a word to the hypervisor that is to bring the bytes. */
import { hardwareProperties, otherProperties } from "@madang/core/image/hardware";
import type { ImageOf } from "@madang/core/image/image-of";
import { type Image, type Tx, wake, writeImageStatus } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { isImageVisible } from "../reads/visible-image.ts";
import { imageSubject, inProject } from "./image.ts";
import { type ImageSource, imageSourceOf } from "./image-source.ts";
import { lockOpenProject } from "./open-project.ts";
import { requireRoom } from "./quota-room.ts";
import { createOperation, recordEvent } from "./record.ts";
import { claimIds } from "./resource-id.ts";

const mib = 1024 ** 2;

/**
 * It counts with the size of its disk until it is known how much it takes. Throws NotFound, InvalidState, Conflict, Forbidden,
 * QuotaExceeded.
 */
export async function createImageFrom(
  deps: AdmissionDeps,
  actor: Actor,
  projectId: string,
  wish: ImageOf,
): Promise<{ id: string }> {
  const { id } = wish;
  const hypervisorId = await inProject(deps, projectId, async (tx) => {
    await lockOpenProject(tx, actor, projectId);
    const bodyHash = deps.seal.mark(JSON.stringify(["image-from", actor.userId, projectId, wish]));
    if ((await claimIds(tx, [{ id, kind: "image", projectId, bodyHash }])) === "repeat") return null;
    const source = await imageSourceOf(tx, actor, projectId, wish.of);
    await requireRoom(tx, actor, projectId, { images: 1, image_size: Math.ceil(source.bytes / mib) });
    const image = await insert(tx, actor, projectId, wish, source);
    await writeImageStatus(tx, id);
    await record(tx, actor, image, source);
    await wake(deps.boss, tx, "image", id);
    return source.columns.sourceHypervisorId;
  });
  if (hypervisorId !== null) deps.hints.publish(`hypervisor:${hypervisorId}`);
  return { id };
}

async function insert(
  tx: Tx,
  actor: Actor,
  projectId: string,
  { id, name, description, protected: isProtected }: ImageOf,
  { columns, bytes, imageId, hardware }: ImageSource,
): Promise<Image> {
  const { properties, ...least } = await takenOver(tx, projectId, imageId);
  return await tx.image.create({
    data: {
      ...{ id, projectId, userId: actor.userId, name, description, protected: isProtected },
      ...columns,
      ...least,
      ...{ visibility: "private", uploadFormat: "qcow2", uploadSizeBytes: BigInt(bytes) },
      ...{ status: "queued", diskFormat: "qcow2" },
      properties: { ...properties, ...hardwareProperties(hardware) },
    },
  });
}

type TakenOver = { minDiskGib: number; minRamMib: number; properties: Record<string, string> };
const nothing: TakenOver = { minDiskGib: 0, minRamMib: 0, properties: {} };

/** What the disk's own image says besides its hardware, as long as the project sees it. */
async function takenOver(tx: Tx, projectId: string, imageId: string | null): Promise<TakenOver> {
  const select = { minDiskGib: true, minRamMib: true, properties: true };
  const accepted = { where: { projectId, state: "accepted" }, select: { projectId: true } } as const;
  const seen = { projectId: true, visibility: true, deleteRequestedAt: true, members: accepted };
  const image =
    imageId && (await tx.image.findUnique({ where: { id: imageId }, select: { ...select, ...seen } }));
  if (!image || !isImageVisible({ ...image, deleted: image.deleteRequestedAt !== null }, projectId))
    return nothing;
  const { minDiskGib, minRamMib, properties } = image;
  return { minDiskGib, minRamMib, properties: otherProperties(properties) };
}

/** In the trail of what it is made of as well: somebody took all that was in it. */
async function record(tx: Tx, actor: Actor, image: Image, { subject, columns }: ImageSource): Promise<void> {
  const operationId = await createOperation(tx, actor, "image.make", imageSubject(image), image.generation);
  const params = { visibility: image.visibility, origin: columns.origin ?? "", source: subject.name };
  await recordEvent(tx, { actor, subject: imageSubject(image), action: "image.create", operationId, params });
  await recordEvent(tx, { actor, subject, action: `${subject.kind}.image`, params: { image: image.name } });
}
