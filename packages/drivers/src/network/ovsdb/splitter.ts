/**
 * OVSDB frames nothing: objects follow each other. This cuts the stream after each balanced object, looking at each
 * byte once. Bytes of UTF-8 beyond ASCII never look like the ones that matter.
 */
import { OvsdbError } from "./error.ts";

const [quote, backslash, open, close] = [0x22, 0x5c, 0x7b, 0x7d];
const blanks: readonly number[] = [0x20, 0x09, 0x0a, 0x0d];

/** Returns a function that takes what came and gives the objects it completed. `limit`: bytes of one object. */
export function messageSplitter(limit: number): (chunk: Buffer) => string[] {
  let parts: Buffer[] = [];
  let held = 0;
  let depth = 0;
  let quoted = false;
  let escaped = false;

  const keep = (part: Buffer) => {
    held += part.length;
    if (held > limit) throw new OvsdbError("overflow", `a message of more than ${limit} bytes`);
    if (part.length > 0) parts.push(part);
  };
  const take = (): string => {
    const text = Buffer.concat(parts).toString("utf8");
    parts = [];
    held = 0;
    return text;
  };
  const outside = (byte: number): void => {
    if (byte === open) depth = 1;
    else if (!blanks.includes(byte)) throw new OvsdbError("protocol", "the peer does not speak JSON-RPC");
  };
  /** Says whether this byte ends an object. */
  const inside = (byte: number): boolean => {
    if (quoted) {
      if (escaped) escaped = false;
      else if (byte === backslash) escaped = true;
      else if (byte === quote) quoted = false;
      return false;
    }
    if (byte === quote) quoted = true;
    else if (byte === open) depth += 1;
    else if (byte === close) depth -= 1;
    return depth === 0;
  };

  return (chunk) => {
    const messages: string[] = [];
    let start = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at] ?? 0;
      if (depth === 0) {
        outside(byte);
        start = at;
      } else if (inside(byte)) {
        keep(chunk.subarray(start, at + 1));
        messages.push(take());
      }
    }
    if (depth > 0) keep(chunk.subarray(start));
    return messages;
  };
}
