/** An inspected file becomes a lone qcow2 of ours. The format is always said; nothing is ever guessed by a tool. */
import { chmod, chown, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { qemuFormats } from "@madang/core/image/format";
import type { Inspection } from "@madang/core/image/inspector";
import { damagedImage, expandingImage } from "@madang/core/image/refusal";
import { z } from "zod";
import type { Room } from "./room.ts";
import { missingWall, noSandbox, qemuImg, runConfined, sandboxUid } from "./sandbox.ts";
import { reserveSpace } from "./space.ts";

/** Reading an image's tables; a good one takes a fraction of a second. */
const lookSeconds = 120;
const leastSeconds = 600;
/** As slow as it may be, bytes/s: a busy disk, with room to spare. */
const slowestBytesPerSecond = 4 * 1024 ** 2;
/** Good files pack their disk into a tenth or a twentieth; small ones may do better. */
const mostRatio = 32;
const ratioFloorBytes = 1024 ** 3;

export type Conversion = {
  /** The copy that nobody else can write. */
  input: string;
  outputFolder: string;
  inspection: Inspection;
  room: Room;
  signal: AbortSignal;
  onPercent: (percent: number) => void;
};

const info = z.object({
  format: z.string(),
  "virtual-size": z.number().int().positive(),
  "backing-filename": z.string().optional(),
  "format-specific": z
    .object({ data: z.looseObject({ "data-file": z.unknown().optional() }).optional() })
    .optional(),
});
const measurement = z.object({ required: z.number().int().nonnegative() });

/** Answers the converted file's path. Throws InvalidInput, QuotaExceeded, Unavailable. */
export async function convertImage(conversion: Conversion): Promise<string> {
  const missing = missingWall();
  if (missing !== null) throw noSandbox(new Error(`${missing} is missing`));
  await giveToSandbox(conversion);
  await crossCheck(conversion);
  const needed = await measure(conversion);
  requireModest(conversion, needed);
  const space = await reserveSpace(conversion.outputFolder, needed);
  const onPercent = (percent: number) => {
    space.left(needed * (1 - percent / 100));
    conversion.onPercent(percent);
  };
  await convert({ ...conversion, onPercent }, needed).finally(space.release);
  return join(conversion.outputFolder, "image");
}

async function giveToSandbox({ input, outputFolder }: Conversion): Promise<void> {
  await mkdir(outputFolder, { recursive: true, mode: 0o700 });
  await chmod(input, 0o400);
  if (process.getuid?.() !== 0) return;
  await chown(input, sandboxUid, sandboxUid);
  await chown(outputFolder, sandboxUid, sandboxUid);
}

/** QEMU must see in it what we saw. A VHD's size may be told by its geometry too, which rounds. */
async function crossCheck({ input, inspection, signal }: Conversion): Promise<void> {
  const { format, virtualSizeBytes } = inspection;
  const command = [qemuImg, "info", "-f", qemuFormats[format], "--output=json", "/in"];
  const said = info.parse(JSON.parse(await runConfined(command, { input, seconds: lookSeconds, signal })));
  const alone = said["backing-filename"] === undefined && !said["format-specific"]?.data?.["data-file"];
  const sameSize = format === "vhd" || said["virtual-size"] === virtualSizeBytes;
  if (said.format !== qemuFormats[format] || !alone || !sameSize)
    throw damagedImage(format, "QEMU reads it otherwise");
}

async function measure({ input, inspection, signal }: Conversion): Promise<number> {
  const command = [
    qemuImg,
    "measure",
    "-f",
    qemuFormats[inspection.format],
    "-O",
    "qcow2",
    "--output=json",
    "/in",
  ];
  const said = await runConfined(command, { input, seconds: lookSeconds, signal });
  return measurement.parse(JSON.parse(said)).required;
}

/** A few hundred bytes can claim a disk of terabytes by naming one cluster again and again. */
function requireModest({ inspection, room }: Conversion, needed: number): void {
  if (needed > inspection.sizeBytes * mostRatio + ratioFloorBytes) throw expandingImage(needed);
  const tables = needed / 1024 + 1024 ** 2;
  if (needed > room.bytes + tables) throw room.refusal(needed);
}

async function convert(
  { input, outputFolder, inspection, signal, onPercent }: Conversion,
  needed: number,
): Promise<void> {
  const options = "compat=1.1,lazy_refcounts=off,preallocation=off";
  const formats = ["-f", qemuFormats[inspection.format], "-O", "qcow2", "-o", options];
  const command = [qemuImg, "convert", "-p", "-W", "-m", "4", ...formats, "/in", "/out/image"];
  const seconds = leastSeconds + Math.ceil((needed + inspection.sizeBytes) / slowestBytesPerSecond);
  const outputBytes = needed + 64 * 1024 ** 2;
  const onOutput = (text: string) => {
    const percent = /\((\d{1,3})\.\d+\/100%\)\s*$/.exec(text.trimEnd())?.[1];
    if (percent !== undefined) onPercent(Number(percent));
  };
  await runConfined(command, { input, outputFolder, outputBytes, seconds, signal, onOutput });
}
