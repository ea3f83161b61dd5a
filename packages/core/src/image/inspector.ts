/**
 * Looks at an image's bytes as they arrive, before anything else does: in whatever pieces they come, in a bounded amount
 * of memory, with every format's reader over the same bytes. What passes is a lone disk of exactly one format, the one
 * that was declared; whatever refers to other files, or can be read in two ways, is refused.
 */
import { diskSize } from "./fields.ts";
import {
  type FileView,
  type FormatReader,
  headBytes,
  type ImageFormat,
  mostImageBytes,
  type Region,
  tailBytes,
} from "./format.ts";
import { iso } from "./iso.ts";
import { knownMagic } from "./known-magic.ts";
import { qcow2 } from "./qcow2.ts";
import { bannedImage, emptyImage, hugeImage, mixedImage, otherImage, unknownImage } from "./refusal.ts";
import { vdi } from "./vdi.ts";
import { vhd } from "./vhd.ts";
import { vhdx } from "./vhdx.ts";
import { vmdk } from "./vmdk.ts";

const readers: readonly FormatReader[] = [qcow2, vmdk, vhd, vhdx, vdi, iso];

export type Inspection = { format: ImageFormat; sizeBytes: number; virtualSizeBytes: number };

export type Inspector = {
  /** Throws InvalidInput as soon as it is known that the file can't be taken. */
  write: (chunk: Uint8Array) => void;
  /** No more bytes come. Throws InvalidInput. */
  end: () => Inspection;
  /** Bytes seen so far. */
  seen: () => number;
};

/** `declared` null: whatever is found, but raw only when it is declared: nothing tells a raw disk from any other file. */
export function openInspector(declared: ImageFormat | null): Inspector {
  const head = new Uint8Array(headBytes);
  let tail = new Uint8Array(0);
  let late: { region: Region; bytes: Uint8Array } | null = null;
  let seen = 0;
  const view = (size: number | null): FileView => ({
    head: head.subarray(0, Math.min(seen, headBytes)),
    tail: size === null ? new Uint8Array(0) : tail,
    size,
    late: late && seen >= late.region.offset + late.region.length ? late.bytes : null,
  });
  const openLate = () => {
    const wants = readers.find((reader) => reader.wants && reader.matches(view(null)))?.wants;
    if (!wants) return;
    const region = wants(view(null));
    late = { region, bytes: new Uint8Array(region.length) };
    copyOverlap(late.bytes, region.offset, head, 0);
  };
  const write = (chunk: Uint8Array) => {
    const before = seen;
    if (before < headBytes) head.set(chunk.subarray(0, headBytes - before), before);
    if (late) copyOverlap(late.bytes, late.region.offset, chunk, before);
    tail = lastOf(tail, chunk);
    seen += chunk.length;
    if (seen > mostImageBytes) throw hugeImage(mostImageBytes);
    if (before >= headBytes || seen < headBytes) return;
    judge(view(null), declared);
    openLate();
    if (late) copyOverlap(late.bytes, late.region.offset, chunk, before);
  };
  const end = () => {
    if (seen === 0) throw emptyImage();
    if (seen < headBytes) openLate();
    return { ...judge(view(seen), declared), sizeBytes: seen };
  };
  return { write, end, seen: () => seen };
}

/** With an unknown end, what only the end can tell is left open. */
function judge(view: FileView, declared: ImageFormat | null): Omit<Inspection, "sizeBytes"> {
  const found = readers.filter((reader) => reader.matches(view));
  const others = [...new Set(knownMagic.filter((mark) => mark.matches(view)).map(({ name }) => name))];
  const [reader] = found;
  if (found.length + others.length > 1) throw mixedImage([...found.map(({ format }) => format), ...others]);
  if (others[0] !== undefined) throw bannedImage(others[0]);
  if (reader) {
    const { format } = reader;
    if (declared !== null && declared !== format) throw otherImage(declared, format);
    return { format, virtualSizeBytes: reader.inspect(view) };
  }
  // A fixed VHD says what it is at its end.
  if (view.size === null && (declared === null || declared === "vhd"))
    return { format: "vhd", virtualSizeBytes: 0 };
  if (declared === null) throw unknownImage();
  if (declared !== "raw") throw otherImage(declared, "raw");
  return { format: "raw", virtualSizeBytes: view.size === null ? 0 : diskSize("raw", view.size) };
}

function copyOverlap(target: Uint8Array, targetAt: number, source: Uint8Array, sourceAt: number): void {
  const from = Math.max(targetAt, sourceAt);
  const to = Math.min(targetAt + target.length, sourceAt + source.length);
  if (from < to) target.set(source.subarray(from - sourceAt, to - sourceAt), from - targetAt);
}

function lastOf(tail: Uint8Array, chunk: Uint8Array): Uint8Array<ArrayBuffer> {
  if (chunk.length >= tailBytes) return chunk.slice(-tailBytes);
  const kept = tail.subarray(Math.max(0, tail.length + chunk.length - tailBytes));
  const joined = new Uint8Array(kept.length + chunk.length);
  joined.set(kept);
  joined.set(chunk, kept.length);
  return joined;
}
