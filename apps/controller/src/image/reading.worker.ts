/** Reads one file once, off the controller's own thread: looks at it, hashes it, and copies it where that is asked for. */
import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { parentPort, workerData } from "node:worker_threads";
import { asCloudError } from "@madang/core/errors";
import { openInspector } from "@madang/core/image/inspector";
import type { ReadingAnswer, ReadingOrder } from "./reading.ts";
import { orStoreFull } from "./space.ts";

const pieceBytes = 1024 ** 2;
const tellEveryBytes = 16 * 1024 ** 2;

async function read({ source, target, declared, algorithms }: ReadingOrder): Promise<ReadingAnswer> {
  // What a tool left there may be a link to somewhere else, or a pipe that nobody writes to.
  const from = await open(source, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  const to = target === null ? null : await open(target, "wx", 0o600);
  try {
    const answer = await readThrough(from, to, { declared, algorithms });
    await (to ?? from).sync();
    return answer;
  } finally {
    await from.close();
    await to?.close();
  }
}

async function readThrough(
  from: FileHandle,
  to: FileHandle | null,
  { declared, algorithms }: Pick<ReadingOrder, "declared" | "algorithms">,
): Promise<ReadingAnswer> {
  if (!(await from.stat()).isFile()) throw new TypeError("not a file");
  const inspector = openInspector(declared);
  const hashes = algorithms.map((name) => ({ name, hash: createHash(name) }));
  let told = 0;
  for await (const bytes of piecesOf(from)) {
    // Written, and the next one read, while this thread hashes.
    const written = to === null ? null : writeAll(to, bytes);
    written?.catch(() => {});
    inspector.write(bytes);
    for (const { hash } of hashes) hash.update(bytes);
    await written;
    if (inspector.seen() - told < tellEveryBytes) continue;
    told = inspector.seen();
    parentPort?.postMessage({ kind: "progress", bytes: told } satisfies ReadingAnswer);
  }
  const digests = Object.fromEntries(hashes.map(({ name, hash }) => [name, hash.digest("hex")]));
  return { kind: "done", inspection: inspector.end(), digests };
}

/** Each is good until the next is asked for, and that one is being read meanwhile. */
async function* piecesOf(from: FileHandle): AsyncGenerator<Buffer> {
  let [piece, spare] = [Buffer.allocUnsafe(pieceBytes), Buffer.allocUnsafe(pieceBytes)];
  let reading = from.read(piece, 0, pieceBytes, null);
  for (;;) {
    const { bytesRead } = await reading;
    if (bytesRead === 0) return;
    reading = from.read(spare, 0, pieceBytes, null);
    reading.catch(() => {});
    yield piece.subarray(0, bytesRead);
    [piece, spare] = [spare, piece];
  }
}

async function writeAll(to: FileHandle, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await to.write(bytes, at, bytes.length - at, null);
    at += bytesWritten;
  }
}

read(workerData).then(
  (answer) => parentPort?.postMessage(answer),
  (thrown: unknown) => {
    const error = asCloudError(orStoreFull(thrown));
    const failed = { error: error.toPublic(), detail: error.options.detail ?? null };
    parentPort?.postMessage({ kind: "failed", ...failed } satisfies ReadingAnswer);
  },
);
