/** Bytes of images over HTTP: who may bring or take them, and what their row is told of it. */
import { CloudError } from "@madang/core/errors";
import type { Permission } from "@madang/core/identity/permission";
import type { ImageFormat } from "@madang/core/image/format";
import { lockImage, type Tx, transaction, wake, writeImageStatus } from "@madang/db";
import { authorise, authoriseGrants } from "./authorise.ts";
import type { Context } from "./context.ts";
import type { ApiDeps } from "./deps.ts";
import { readImage } from "./reads/image.ts";
import { imageNotFound } from "./reads/visible-image.ts";

export type ImageUpload = { id: string; projectId: string; sizeBytes: number; declared: ImageFormat | null };

/** Asked at every request of an upload. Throws Unauthenticated, Forbidden, NotFound, InvalidState when no byte is wanted. */
export async function authoriseUpload(context: Context, imageId: string): Promise<ImageUpload> {
  const { deps } = context;
  const identity = await context.identity(true);
  if (!identity) throw new CloudError("Unauthenticated", "Sign in to go on.", { reason: "signInNeeded" });
  const image = await deps.reads.prisma.image.findUnique({ where: { id: imageId } });
  if (!image?.projectId) throw imageNotFound();
  await judge(context, "image:create", image.projectId, "image.create").catch((error: unknown) => {
    // Whose it is, is nobody else's business.
    const foreign = error instanceof CloudError && error.options.reason === "projectNotFound";
    throw foreign ? imageNotFound() : error;
  });
  const { projectId, uploadSizeBytes, uploadFormat: declared } = image;
  if (image.deleteRequestedAt !== null) throw imageNotFound();
  // What everybody is to trust comes from whoever may make it everybody's.
  if (image.visibility === "public") authoriseGrants(identity.grants, "image:publish", projectId);
  const open = image.origin === "upload" && image.uploadEndedAt === null && image.fault === null;
  if (!open || uploadSizeBytes === null) throw uploadClosed();
  return { id: imageId, projectId, sizeBytes: Number(uploadSizeBytes), declared };
}

async function judge(
  context: Context,
  permission: Permission,
  projectId: string,
  path: string,
): Promise<string> {
  const { deps } = context;
  return (await authorise(deps.reads, await context.identity(), permission, projectId, path)).userId;
}

function uploadClosed(): CloudError {
  return new CloudError("InvalidState", "This image takes no bytes any more.", {
    reason: "imageUploadClosed",
  });
}

/** How many bytes are there. False when they are wanted no longer. */
export function noteUploaded(deps: ApiDeps, { id }: ImageUpload, bytes: number): Promise<boolean> {
  return changeUpload(deps, id, { uploadedBytes: BigInt(bytes) });
}

/** All are there, or as many as are needed to see that they won't do: the import judges them. */
export function endUpload(deps: ApiDeps, { id }: ImageUpload, bytes: number): Promise<boolean> {
  return changeUpload(deps, id, { uploadedBytes: BigInt(bytes), uploadEndedAt: deps.admission.now() });
}

type Change = { uploadedBytes: bigint; uploadEndedAt?: Date };

async function changeUpload(deps: ApiDeps, id: string, data: Change): Promise<boolean> {
  const open = await transaction(deps.admission.prisma, async (tx: Tx) => {
    await lockImage(tx, id);
    const wanted = { id, uploadEndedAt: null, deleteRequestedAt: null };
    const { count } = await tx.image.updateMany({ where: wanted, data });
    if (count === 0) return false;
    await writeImageStatus(tx, id);
    await wake(deps.boss, tx, "image", id);
    return true;
  });
  return open;
}

export type ImageDownload = {
  userId: string;
  name: string;
  sha256: string;
  sizeBytes: number;
  format: string;
};

/** Throws Unauthenticated, Forbidden, NotFound, InvalidState. */
export async function authoriseDownload(
  context: Context,
  projectId: string,
  id: string,
): Promise<ImageDownload> {
  const userId = await judge(context, "image:download", projectId, "image.get");
  const image = await readImage(context.deps.reads, projectId, id);
  const { sha256, status, name, sizeBytes, diskFormat: format } = image;
  // An offer shows what it is of; its bytes are for those who took it.
  const untaken = !image.own && image.visibility === "shared" && image.share !== "accepted";
  if (untaken) throw refusedFor("imageNotAccepted", "Accept the image first.");
  if (status === "deactivated") throw refusedFor("imageDeactivated", "This image is deactivated.");
  if (status !== "active" || sha256 === null)
    throw refusedFor("imageNotActive", "This image is not ready to be used.");
  return { userId, name, sha256, sizeBytes, format };
}

function refusedFor(reason: string, words: string): CloudError {
  return new CloudError("InvalidState", words, { reason });
}
