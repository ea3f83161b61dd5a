/** How far an import is, for its operation; steps and percent come from one table. */
import { lockImage, type Operation, type Prisma, type Tx, transaction, writeImageStatus } from "@madang/db";
import { runningSteps, stepsOf } from "../reconcilers/operation.ts";

/** Where each step begins and ends of the whole, in percent; `copy` is of what a hypervisor brings. */
const scale = {
  copy: [0, 20],
  transfer: [0, 45],
  inspect: [45, 60],
  convert: [60, 90],
  store: [90, 100],
} as const;
export type ImportStep = keyof typeof scale;

const madeKind = "image.make";
const importKinds = ["image.upload", "image.fetch", madeKind];

export function importOperation(tx: Pick<Tx, "operation">, imageId: string): Promise<Operation | null> {
  return tx.operation.findFirst({
    where: { resourceId: imageId, kind: { in: importKinds }, state: { in: ["pending", "running"] } },
    orderBy: { createdAt: "asc" },
  });
}

/** `percent`: of the step; `fetched`: bytes that have come from an address. False when nobody wants the image any more. */
export async function tellProgress(
  prisma: Prisma,
  imageId: string,
  step: ImportStep,
  percent: number,
  now: Date,
  fetched: number | null = null,
): Promise<boolean> {
  return await transaction(prisma, async (tx) => {
    if (!(await lockImage(tx, imageId))) return false;
    const image = await tx.image.findUnique({ where: { id: imageId } });
    if (!image || image.deleteRequestedAt !== null || image.fault !== null) return false;
    if (fetched !== null) await noteFetched(tx, imageId, fetched);
    const operation = await importOperation(tx, imageId);
    if (operation) await writeProgress(tx, operation, step, percent, now);
    return true;
  });
}

/** Bytes that have come of what is fetched from an address; fewer than before when it began anew. */
async function noteFetched(tx: Tx, id: string, bytes: number): Promise<void> {
  await tx.image.update({ where: { id }, data: { uploadedBytes: BigInt(bytes) } });
  await writeImageStatus(tx, id);
}

async function writeProgress(tx: Tx, operation: Operation, step: ImportStep, percent: number, now: Date) {
  const before = stepsOf(operation);
  const names = before.map(({ name }) => name);
  const [begin, to] = scale[step];
  const from = operation.kind === madeKind && step === "transfer" ? scale.copy[1] : begin;
  const overall = Math.min(99, Math.round(from + ((to - from) * percent) / 100));
  const progress = {
    percent: overall,
    steps: names,
    current: Math.max(0, names.indexOf(step)),
    stepPercent: Math.floor(percent),
  };
  await tx.operation.updateMany({
    where: { id: operation.id, state: { in: ["pending", "running"] } },
    data: { state: "running", percent: overall, steps: runningSteps(before, progress, now) },
  });
}
