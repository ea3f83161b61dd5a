/** What an administrator does with any project's images, and with the cloud's own. */
import { CloudError } from "@madang/core/errors";
import { type Image, lockImage, lockProject, type Tx, transaction, writeImageStatus } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { imageNotFound } from "../reads/visible-image.ts";
import { deleteLocked, imageSubject } from "./image.ts";
import { changesOf, recordEvent } from "./record.ts";
import { requireStill } from "./still.ts";

/**
 * Nobody launches from it or takes its file until an administrator gives it back. That leaves its owner's own word alone:
 * what the owner deactivated stays so. The cloud's own have no other owner. Throws NotFound, InvalidState, Forbidden.
 */
export async function setImageWithdrawn(
  deps: AdmissionDeps,
  actor: Actor,
  id: string,
  withdrawn: boolean,
): Promise<void> {
  await ofAny(deps, actor, id, async (tx, image) => {
    const after = withdrawn ? { withdrawn } : { withdrawn, ...givenBack(image) };
    const changes = changesOf(image, after, ["deactivated", "withdrawn"]);
    if (Object.keys(changes).length === 0) return;
    await tx.image.update({ where: { id }, data: { ...after, generation: { increment: 1 } } });
    await writeImageStatus(tx, id);
    const action = withdrawn ? "image.deactivate" : "image.reactivate";
    await recordEvent(tx, { actor, subject: imageSubject(image), action, changes });
  });
}

function givenBack({ projectId, deactivated, withdrawn }: Image): { deactivated?: false } {
  if (projectId === null) return { deactivated: false };
  if (withdrawn || !deactivated) return {};
  throw new CloudError("InvalidState", "Its owner deactivated this image; only its owner reactivates it.", {
    reason: "imageOwnerDeactivated",
  });
}

/** Asked twice, it is the same deletion. Throws NotFound, InvalidState, Forbidden. */
export async function deleteAnyImage(
  deps: AdmissionDeps,
  actor: Actor,
  id: string,
): Promise<{ operationId: string }> {
  return await ofAny(deps, actor, id, (tx, image) => deleteLocked(deps, tx, actor, image));
}

/** With its project's row locked, where it has one, and its own. */
async function ofAny<T>(
  deps: AdmissionDeps,
  actor: Actor,
  id: string,
  work: (tx: Tx, image: Image) => Promise<T>,
): Promise<T> {
  const answer = await transaction(deps.admission.prisma, async (tx) => {
    // An image never changes its project.
    const found = await tx.image.findUnique({ where: { id }, select: { projectId: true } });
    if (found?.projectId) await lockProject(tx, found.projectId);
    await requireStill(tx, actor);
    await lockImage(tx, id);
    const image = await tx.image.findUnique({ where: { id } });
    if (!image) throw imageNotFound();
    return await work(tx, image);
  });
  deps.hints.publish("event");
  return answer;
}
