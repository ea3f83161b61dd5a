/** Brings an image from the bytes that were brought to a file of the store, and takes it away when that is asked for. */
import { asCloudError, CloudError, type PublicError } from "@madang/core/errors";
import {
  type Database,
  type HintTopic,
  type Image,
  lockImage,
  type Operation,
  PrismaNamespace,
  type Tx,
  transaction,
  writeImageStatus,
} from "@madang/db";
import type { ImageFolder } from "../image/folder.ts";
import type { Imports } from "../image/imports.ts";
import { takeLease } from "../image/lease.ts";
import { removeUnneeded } from "../image/need.ts";
import { importOperation, tellProgress } from "../image/progress.ts";
import { recordImageEvent } from "../image/record.ts";
import { uploadExpired } from "../image/upload-expired.ts";
import { viewOf } from "../image/view.ts";
import { planImage } from "./image.plan.ts";
import type { ReconcileResult } from "./instance.ts";
import { finishOperation } from "./operation.ts";

export type ImageDeps = {
  database: Database;
  folder: ImageFolder;
  imports: Imports;
  publish: (...topics: HintTopic[]) => void;
};

/** Somebody else works on it: when to look again, s. */
const lookAgainSeconds = 1;
/** Should the process that imports it be gone, s. */
const takeOverSeconds = 10;

export async function reconcileImage(deps: ImageDeps, id: string): Promise<ReconcileResult> {
  const image = await deps.database.prisma.image.findUnique({ where: { id } });
  if (!image) return { again: null };
  const step = planImage(await viewOf(deps, image));
  switch (step.kind) {
    case "remove":
      return { again: (await removeImage(deps, image)) ? null : lookAgainSeconds };
    case "import":
      deps.imports.start(image);
      return { again: takeOverSeconds };
    case "expire":
      await failImport(deps, id, uploadExpired());
      return { again: null };
    case "fail":
      await failImport(deps, id, errorOf(step.fault));
      return { again: null };
    case "track":
      await (image.sourceHypervisorId === null ? trackUpload : trackExport)(deps, image);
      return { again: null };
    case "done":
      return { again: null };
  }
}

async function trackUpload({ database, publish }: ImageDeps, image: Image): Promise<void> {
  const whole = Number(image.uploadSizeBytes ?? 0);
  const percent = whole === 0 ? 0 : Math.min(100, (Number(image.uploadedBytes) * 100) / whole);
  await tellProgress(database.prisma, image.id, "transfer", percent, database.now());
  publish(`touched:${image.projectId ?? ""}:image:${image.id}`);
}

const errorOf = ({ code, message, ...options }: PublicError) => new CloudError(code, message, options);

/** First its hypervisor makes a copy, then it brings it. */
async function trackExport({ database, publish }: ImageDeps, image: Image): Promise<void> {
  const [brought, whole] = [Number(image.uploadedBytes), Number(image.exportBytes ?? 0)];
  const [step, percent] =
    brought > 0 && whole > 0
      ? (["transfer", (brought * 100) / whole] as const)
      : (["copy", image.exportPercent ?? 0] as const);
  await tellProgress(database.prisma, image.id, step, percent, database.now());
  publish(`touched:${image.projectId ?? ""}:image:${image.id}`);
}

/** False: somebody still works on it. Its file goes last, and only when nobody else needs it. */
async function removeImage(deps: ImageDeps, image: Image): Promise<boolean> {
  const { database, folder, imports, publish } = deps;
  imports.cancel(image.id);
  const lease = await takeLease(database, image.id);
  if (!lease) return false;
  try {
    await folder.clear(image.id);
    await transaction(database.prisma, async (tx) => {
      if (!(await lockImage(tx, image.id))) return;
      await tx.image.delete({ where: { id: image.id } });
      await endOperations(tx, image.id, database.now());
      const operation = await tx.operation.findFirst({
        where: { resourceId: image.id, kind: "image.delete" },
        orderBy: { createdAt: "desc" },
      });
      await recordImageEvent(tx, image, { action: "image.deleted", result: "succeeded", operation });
    });
    if (image.sha256 !== null) await removeUnneeded(database.prisma, folder, image.sha256);
  } finally {
    await lease.release();
  }
  publish("event");
  return true;
}

async function endOperations(tx: Tx, imageId: string, now: Date): Promise<void> {
  const open = await tx.operation.findMany({
    where: { resourceId: imageId, state: { in: ["pending", "running"] } },
  });
  for (const operation of open) await finishOperation(tx, operation, outcomeOf(operation), null, now);
}

const outcomeOf = ({ kind }: Operation) => (kind === "image.delete" ? "succeeded" : "cancelled");

/** For good: the bytes are thrown away, the row stays and says why. What is an image by now stays one. */
export async function failImport(
  { database, folder, publish }: Pick<ImageDeps, "database" | "folder" | "publish">,
  id: string,
  thrown: unknown,
): Promise<void> {
  const error: CloudError = asCloudError(thrown);
  const settled = await transaction(database.prisma, async (tx) => {
    if (!(await lockImage(tx, id))) return false;
    if (
      (await tx.image.count({ where: { id, sha256: null, fault: { equals: PrismaNamespace.DbNull } } })) === 0
    )
      return true;
    const fault = error.toPublic();
    const image = await tx.image.update({ where: { id }, data: { fault } });
    await writeImageStatus(tx, id);
    const operation = await importOperation(tx, id);
    if (operation) await finishOperation(tx, operation, "failed", fault, database.now());
    const params = { reason: fault.reason };
    await recordImageEvent(tx, image, { action: "image.killed", result: "failed", operation, params });
    return false;
  });
  if (settled) return;
  await folder.clear(id);
  publish("event");
}
