/** The part of a file that a request asks for (RFC 9110, 13.1.5 and 14). */

/** Both ends are part of it. */
export type ByteRange = { start: number; end: number };

type Asked = {
  range?: string | undefined;
  ifRange?: string | undefined;
  /** Strong, in quotes. */
  etag: string;
  sizeBytes: number;
};

const longest = 100;
/** Beyond that no number is exact, and no file is. */
const digits = /^bytes=(\d{0,15})-(\d{0,15})$/;

/**
 * null: the whole file, also for what is no range of bytes, for several ranges, and when the half that is already there
 * is of another file. "outside": none of the bytes asked for are there.
 */
export function rangeOf({ range, ifRange, etag, sizeBytes }: Asked): ByteRange | "outside" | null {
  // A date is no strong word about bytes, and a weak mark none at all.
  if (range === undefined || range.length > longest || (ifRange !== undefined && ifRange !== etag))
    return null;
  const [, first, last] = digits.exec(range.replaceAll(/[ \t]/g, "").toLowerCase()) ?? [];
  if (first === undefined || last === undefined || first + last === "") return null;
  if (first === "") return lastBytes(Number(last), sizeBytes);
  const [start, end] = [Number(first), last === "" ? sizeBytes - 1 : Number(last)];
  if (last !== "" && end < start) return null;
  return start >= sizeBytes ? "outside" : { start, end: Math.min(end, sizeBytes - 1) };
}

function lastBytes(count: number, sizeBytes: number): ByteRange | "outside" {
  if (count === 0 || sizeBytes === 0) return "outside";
  return { start: Math.max(0, sizeBytes - count), end: sizeBytes - 1 };
}
