/**
 * Makes an image of what was brought: taken over into a copy of our own while it is inspected and hashed, converted in the
 * sandbox, hashed again, and given its name. It may be killed anywhere: only the last transaction makes it an image, and
 * what it left behind is removed by whoever begins again.
 */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { CloudError } from "@madang/core/errors";
import {
  type Database,
  type HintTopic,
  type Image,
  lockImage,
  lockImageFile,
  lockProject,
  transaction,
  writeImageStatus,
} from "@madang/db";
import { z } from "zod";
import { finishOperation } from "../reconcilers/operation.ts";
import { convertImage } from "./convert.ts";
import { type DownloadRules, downloadImage } from "./download.ts";
import type { ImageFolder } from "./folder.ts";
import { type ImportStep, importOperation, tellProgress } from "./progress.ts";
import { type Reading, readFileThrough } from "./reading.ts";
import { recordImageEvent } from "./record.ts";
import { type Room, requireRoom, roomOf } from "./room.ts";
import { reserveSpace } from "./space.ts";

export type ImportDeps = {
  database: Database;
  folder: ImageFolder;
  publish: (...topics: HintTopic[]) => void;
  downloadRules?: DownloadRules;
};

const expectedHash = z.object({ algorithm: z.enum(["sha256", "sha512", "md5"]), value: z.string() });
/** Progress is written this often at most, ms. */
const tellEveryMs = 1_000;

type Work = ImportDeps & { image: Image; room: Room; work: string; signal: AbortSignal; tell: Tell };
type Tell = (step: ImportStep, percent: number, fetched?: number) => void;

/** Throws what ended it; an image that nobody wants any more ends it without a word. */
export async function importImage(deps: ImportDeps, image: Image, signal: AbortSignal): Promise<void> {
  await deps.folder.clearWork(image.id);
  const work = await deps.folder.openWork(image.id);
  const unwanted = new AbortController();
  const both = AbortSignal.any([signal, unwanted.signal]);
  const progress = openProgress(deps, image, () => unwanted.abort(new Error("unwanted")));
  try {
    const room = await roomOf(deps.database, image);
    await runImport({ ...deps, image, room, work, signal: both, tell: progress.tell });
  } catch (error) {
    if (!unwanted.signal.aborted) throw error;
  } finally {
    await progress.end();
    await rm(work, { recursive: true, force: true });
  }
}

async function runImport(job: Work): Promise<void> {
  const { image, signal, tell, folder } = job;
  tell("transfer", image.origin === "url" ? 0 : 100);
  const brought = await takeOver(job);
  requireAnnounced(image, brought.inspection.sizeBytes);
  requireExpected(image, brought.digests);
  await noteArrival(job, brought);
  const path = await diskOf(job, brought);
  tell("store", 0);
  const { declared, diskFormat } = storedAs(brought);
  const stored = await readStored(path, declared, signal);
  signal.throwIfAborted();
  await becomeActive(job, path, stored, diskFormat);
  await folder.clear(image.id);
}

/** A CD stays what it is, byte for byte. */
const storedAs = ({ inspection }: Reading) =>
  inspection.format === "iso"
    ? ({ declared: "iso", diskFormat: "raw" } as const)
    : ({ declared: "qcow2", diskFormat: "qcow2" } as const);

/** Where the file is that is to be stored. */
async function diskOf({ work, room, signal, tell }: Work, brought: Reading): Promise<string> {
  const { inspection } = brought;
  const input = join(work, "in");
  if (storedAs(brought).diskFormat === "raw") return input;
  tell("convert", 0);
  const onPercent = (percent: number) => tell("convert", percent);
  return await convertImage({
    ...{ input, inspection, room, signal, onPercent },
    outputFolder: join(work, "out"),
  });
}

/** Hashing takes longer than reading, so each hash has a reading of its own, at the same time. */
async function readStored(path: string, declared: "qcow2" | "iso", signal: AbortSignal): Promise<Reading> {
  const read = (algorithm: string) =>
    readFileThrough({ source: path, target: null, declared, algorithms: [algorithm] }, signal);
  const [first, second] = await Promise.all([read("sha256"), read("sha512")]);
  return { inspection: first.inspection, digests: { ...first.digests, ...second.digests } };
}

/** Into a file that whoever brought the bytes can't change any more, looked at by the same reading. */
async function takeOver({ image, room, work, folder, signal, tell, downloadRules }: Work): Promise<Reading> {
  const target = join(work, "in");
  const declared = image.uploadFormat;
  const algorithms = [
    ...new Set(["sha256", expectedHash.safeParse(image.expectedHash).data?.algorithm ?? "sha256"]),
  ];
  await mkdir(work, { recursive: true });
  if (image.origin === "url") {
    const url = image.sourceUrl ?? "";
    const onBytes = (bytes: number, total: number | null) =>
      tell("transfer", total ? (bytes * 100) / total : 0, bytes);
    const rules = downloadRules ? { rules: downloadRules } : {};
    const order = { url, target, declared, algorithms, room, signal, onBytes, ...rules };
    return await downloadImage(order);
  }
  const whole = Number(image.exportBytes ?? image.uploadSizeBytes ?? 0) || 1;
  const space = await reserveSpace(work, whole);
  const source = folder.incoming(image.id);
  const order = { source, target, declared, algorithms };
  const onBytes = (bytes: number) => {
    space.left(whole - bytes);
    tell("inspect", Math.min(100, (bytes * 100) / whole));
  };
  return await readFileThrough(order, signal, onBytes).finally(space.release);
}

/** A raw disk that was cut off looks like a smaller one. */
function requireAnnounced({ origin, uploadSizeBytes }: Image, sizeBytes: number): void {
  if (origin !== "upload" || uploadSizeBytes === null || Number(uploadSizeBytes) === sizeBytes) return;
  throw new CloudError("InvalidInput", "The file is not as long as it was announced.", {
    reason: "imageUploadLength",
    params: { bytes: Number(uploadSizeBytes) },
    field: "file",
  });
}

function requireExpected(image: Image, digests: Record<string, string>): void {
  const { expectedHash: stored, exportSha256 } = image;
  if (exportSha256 !== null && digests.sha256 !== exportSha256) throw damaged();
  const expected = expectedHash.safeParse(stored).data;
  if (!expected || digests[expected.algorithm] === expected.value) return;
  throw new CloudError("InvalidInput", "The file that arrived does not have the checksum that you gave.", {
    reason: "imageChecksum",
    params: { algorithm: expected.algorithm, found: digests[expected.algorithm] ?? "" },
    field: "checksum",
  });
}

/** What its hypervisor brought is not what it made. */
function damaged(): CloudError {
  return new CloudError("Unavailable", "The copy was damaged on its way from its hypervisor.", {
    reason: "exportDamaged",
    retry: "never",
  });
}

async function noteArrival(
  { database, image, publish }: Work,
  { inspection, digests }: Reading,
): Promise<void> {
  await transaction(database.prisma, async (tx) => {
    if (!(await lockImage(tx, image.id))) return;
    const bytes = BigInt(inspection.sizeBytes);
    const data = { uploadedBytes: bytes, uploadSha256: digests.sha256 ?? null };
    const uploadEndedAt = image.uploadEndedAt ?? database.now();
    await tx.image.update({
      where: { id: image.id },
      data: { ...data, uploadEndedAt, uploadFormat: inspection.format },
    });
    await writeImageStatus(tx, image.id);
  });
  publish(touched(image));
}

async function becomeActive(
  job: Work,
  path: string,
  { inspection, digests }: Reading,
  diskFormat: "qcow2" | "raw",
): Promise<void> {
  const { database, folder, publish, image } = job;
  const { sha256 = "", sha512 = "" } = digests;
  const { sizeBytes, virtualSizeBytes } = inspection;
  await transaction(database.prisma, async (tx) => {
    if (image.projectId) await lockProject(tx, image.projectId);
    if (!(await lockImage(tx, image.id))) return;
    const row = await tx.image.findUniqueOrThrow({ where: { id: image.id } });
    if (row.deleteRequestedAt !== null || row.fault !== null || row.sha256 !== null) return;
    const sizes = { sizeBytes: BigInt(sizeBytes), virtualSizeBytes: BigInt(virtualSizeBytes) };
    await tx.image.update({
      where: { id: image.id },
      data: { sha256, sha512, diskFormat, ...sizes },
    });
    await writeImageStatus(tx, image.id);
    await requireRoom(tx, image);
    const operation = await importOperation(tx, image.id);
    if (operation) await finishOperation(tx, operation, "succeeded", null, database.now());
    await recordImageEvent(tx, row, { action: "image.active", result: "succeeded", operation });
    await lockImageFile(tx, sha256);
    await folder.keep(path, sha256);
  });
  publish("event", touched(image));
}

const touched = ({ projectId, id }: Image): HintTopic => `touched:${projectId ?? ""}:image:${id}`;

/** The newest is written, one at a time, and no more often than people can read. */
function openProgress({ database, publish }: ImportDeps, image: Image, onUnwanted: () => void) {
  let next: Parameters<Tell> | null = null;
  let writing: Promise<void> = Promise.resolve();
  const write = async () => {
    const said = next;
    next = null;
    if (!said) return;
    const [step, percent, fetched = null] = said;
    const wanted = await tellProgress(database.prisma, image.id, step, percent, database.now(), fetched);
    if (wanted) publish(touched(image));
    else onUnwanted();
  };
  const timer = setInterval(() => {
    // What can't be written now is said by the next one.
    writing = writing.then(write).catch(() => {});
  }, tellEveryMs);
  return {
    tell: (...said: Parameters<Tell>) => {
      next = said;
    },
    end: async () => {
      clearInterval(timer);
      await writing;
    },
  };
}
