/**
 * qemu-img on volumes and root disks, always as QEMU's uid: what it parses was in a guest's reach. Each image is named with its whole
 * chain, so no header leads it anywhere. Only a copy is ended by an abort; the rest ends by itself.
 */
import { spawn } from "node:child_process";
import { stat } from "node:fs/promises";
import { CloudError } from "@madang/core/errors";
import PQueue from "p-queue";
import { z } from "zod";
import { volumeBusy } from "../storage/fault.ts";
import { qemuUid } from "./owned-file.ts";
import { diskError, programEnv, runProgram } from "./run-program.ts";

const qemuImg = "/usr/bin/qemu-img";
const asQemu = { uid: qemuUid, gid: qemuUid };
/** Only ends what hangs. */
const limitMs = 120_000;
/** Snapshots touch the counts of all clusters, so a large volume takes its time, also on a slow disk. */
const leastBytesPerSecond = 16 * 1024 ** 2;
/** An agent that starts looks at all of its volumes. */
const shortRuns = new PQueue({ concurrency: 4 });
/** What changes volumes, and so keeps nobody waiting who only looks. */
const longRuns = new PQueue({ concurrency: 4 });
/** How much of the end of what a failed copy says is kept. */
const keptTextBytes = 4_096;

export type ImageChain = { path: string; base: { path: string; format: "qcow2" | "raw" } | null };

/** As a pseudo file name that names every file of the chain and closes it. */
export function chainName({ path, base }: ImageChain): string {
  const file = (filename: string) => ({ driver: "file", filename });
  // Only qcow2 can have something below it, and what has not must be told so.
  const closed = (format: "qcow2" | "raw") => (format === "qcow2" ? { backing: null } : {});
  const backing = base && { driver: base.format, file: file(base.path), ...closed(base.format) };
  return `json:${JSON.stringify({ driver: "qcow2", file: file(path), backing })}`;
}

const info = z.object({
  "virtual-size": z.int(),
  snapshots: z.array(z.object({ name: z.string() })).default([]),
  "backing-filename": z.string().optional(),
});

/** `hasBase`: it is an overlay on something, whatever its header says on what. */
export type ImageInfo = { sizeBytes: number; tags: string[]; hasBase: boolean };

/** Also of one that a guest is writing to: size and snapshots change only by our own orders. */
export async function imageInfo({ path }: Pick<ImageChain, "path">): Promise<ImageInfo> {
  // It opens nothing below, and refuses to be told what is there.
  const name = `json:${JSON.stringify({ driver: "qcow2", file: { driver: "file", filename: path } })}`;
  const args = ["info", "-U", "--output=json", name];
  const found = info.parse(JSON.parse(await run(args)));
  const tags = found.snapshots.map(({ name }) => name);
  return { sizeBytes: found["virtual-size"], tags, hasBase: found["backing-filename"] !== undefined };
}

const measure = z.object({ required: z.int() });

/** Bytes that `copySnapshot` may come to write. */
export async function copyBytes(source: ImageChain, tag: string): Promise<number> {
  const args = ["measure", "--output=json", "-U", "-O", "qcow2", "-l", `snapshot.name=${tag}`];
  return measure.parse(JSON.parse(await run([...args, chainName(source)]))).required;
}

export async function createImage(
  path: string,
  sizeBytes: number,
  base: ImageChain["base"],
  cwd: string,
): Promise<void> {
  // With format and size given the image below is not opened, so nothing in it is parsed.
  const backing = base ? ["-u", "-F", base.format, "-b", base.path] : [];
  const options = ["-o", "preallocation=off"];
  await run(["create", "-q", "-f", "qcow2", ...options, ...backing, path, String(sizeBytes)], cwd);
}

/** `shrink`: only of a part that nobody has seen. */
export async function resizeImage(chain: ImageChain, sizeBytes: number, shrink = false): Promise<void> {
  const how = shrink ? ["--shrink"] : [];
  await change(chain, ["resize", "-q", ...how, chainName(chain), String(sizeBytes)]);
}

const snapshotVerbs = { create: "-c", remove: "-d", apply: "-a" } as const;

export async function changeSnapshot(
  chain: ImageChain,
  verb: keyof typeof snapshotVerbs,
  tag: string,
): Promise<void> {
  await change(chain, ["snapshot", "-q", snapshotVerbs[verb], tag, chainName(chain)]);
}

/** All of it as it was at the snapshot, in one file; `to` must exist and be QEMU's. */
export async function copySnapshot(
  source: ImageChain,
  tag: string,
  to: string,
  onPercent: (percent: number) => void,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const from = ["-U", "-l", `snapshot.name=${tag}`, chainName(source)];
  const child = spawn(qemuImg, ["convert", "-p", "-O", "qcow2", ...from, to], {
    ...asQemu,
    env: programEnv,
    signal,
    killSignal: "SIGKILL",
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-keptTextBytes);
  });
  child.stdout.on("data", (chunk: Buffer) => {
    const percent = readPercent(chunk.toString());
    if (percent !== null) onPercent(percent);
  });
  const { promise: ended, resolve, reject } = Promise.withResolvers<number | null>();
  child.once("error", reject);
  child.once("close", resolve);
  const code = await ended.catch((error: unknown) => {
    signal.throwIfAborted();
    throw volumeError(error);
  });
  signal.throwIfAborted();
  if (code !== 0) throw volumeError(new Error(`qemu-img convert ended with ${code}: ${said}`));
}

/** Of lines like `    (12.34/100%)`, each of which overwrites the one before. */
export function readPercent(text: string): number | null {
  const last = [...text.matchAll(/\((\d+(?:\.\d+)?)\/100%\)/g)].at(-1)?.[1];
  return last === undefined ? null : Number(last);
}

/** A longer one would end at once. */
const longestTimerMs = 2 ** 31 - 1;

/** How long a change of a file of this size may take, ms. */
export function changeLimitMs(fileBytes: number): number {
  return Math.min(longestTimerMs, limitMs + Math.ceil((1_000 * fileBytes) / leastBytesPerSecond));
}

async function change({ path }: ImageChain, args: string[]): Promise<void> {
  await longRuns.add(async () => {
    const { size } = await stat(path).catch((error: unknown) => {
      throw volumeError(error);
    });
    await runWithin(changeLimitMs(size), args);
  });
}

async function run(args: string[], cwd?: string): Promise<string> {
  return shortRuns.add(() => runWithin(limitMs, args, cwd));
}

async function runWithin(ms: number, args: string[], cwd?: string): Promise<string> {
  try {
    const signal = AbortSignal.timeout(ms);
    return await runProgram(qemuImg, args, { signal, ...asQemu, ...(cwd ? { cwd } : {}) });
  } catch (error) {
    throw volumeError(error);
  }
}

/** QEMU locks what it has open; that it still has it is no fault of the volume. */
function volumeError(error: unknown): CloudError {
  const known = diskError(error, "qemu-img");
  const detail = known.options.detail ?? known.message;
  if (/failed to get .* lock|is another process using the image/i.test(detail))
    return volumeBusy(detail, error);
  if (known.options.reason !== "DiskFault") return known;
  return new CloudError("Internal", "The hypervisor could not do this to the volume.", {
    reason: "VolumeFault",
    detail,
    cause: error,
    retry: "later",
  });
}
