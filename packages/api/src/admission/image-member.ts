/** Sharing an image: its owner names projects, and each of them decides for itself. */
import { CloudError } from "@madang/core/errors";
import { lockImage, lockProject } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { imageNotFound } from "../reads/visible-image.ts";
import { type ImageRef, imageSubject, inProject, ownImage } from "./image.ts";
import { lockOpenProject } from "./open-project.ts";
import { recordEvent } from "./record.ts";
import { requireStill } from "./still.ts";

/** Glance's image_member_quota. */
export const mostImageMembers = 128;

/**
 * Shares it with exactly these projects; who was named before keeps his answer. A project that is not there is not told from
 * one that is: whom somebody may share with he has heard from them. Throws NotFound, InvalidInput.
 */
export async function setImageMembers(
  deps: AdmissionDeps,
  actor: Actor,
  ref: ImageRef,
  projectIds: readonly string[],
): Promise<void> {
  await inProject(deps, ref.projectId, async (tx) => {
    await lockOpenProject(tx, actor, ref.projectId);
    const image = await ownImage(tx, ref);
    if (image.visibility !== "shared")
      throw new CloudError("InvalidState", "Only an image that is shared has members.", {
        reason: "imageNotShared",
      });
    const wanted = new Set(projectIds.filter((id) => id !== ref.projectId));
    const known = await tx.project.findMany({
      where: { id: { in: [...wanted] }, enabled: true },
      select: { id: true },
    });
    if (known.length !== wanted.size)
      throw new CloudError("NotFound", "There is no such project.", {
        reason: "projectNotFound",
        field: "projectIds",
      });
    const { count: removed } = await tx.imageMember.deleteMany({
      where: { imageId: image.id, projectId: { notIn: [...wanted] } },
    });
    const { count: added } = await tx.imageMember.createMany({
      data: [...wanted].map((projectId) => ({ imageId: image.id, projectId })),
      skipDuplicates: true,
    });
    if (added + removed === 0) return;
    const params = { added, removed };
    await recordEvent(tx, { actor, subject: imageSubject(image), action: "image.share", params });
  });
}

/** By the project that it was offered to. Throws NotFound. */
export async function answerImageShare(
  deps: AdmissionDeps,
  actor: Actor,
  { projectId, id }: ImageRef,
  state: "accepted" | "rejected",
): Promise<void> {
  await inProject(deps, projectId, async (tx) => {
    await lockProject(tx, projectId);
    await requireStill(tx, actor);
    await lockImage(tx, id);
    const image = await tx.image.findFirst({
      where: { id, visibility: "shared", deleteRequestedAt: null, members: { some: { projectId } } },
    });
    if (!image) throw imageNotFound();
    const { count } = await tx.imageMember.updateMany({
      where: { imageId: id, projectId, NOT: { state } },
      data: { state },
    });
    if (count === 0) return;
    const subject = { ...imageSubject(image), projectId };
    const action = state === "accepted" ? "image.accept" : "image.reject";
    await recordEvent(tx, { actor, subject, action });
  });
}
