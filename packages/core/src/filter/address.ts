/**
 * The IPv4 range that a whole address or a range is; null: none. `network/cidr.ts` says the same of a range, by a library
 * that every page would have to load for its filter alone.
 */
export function rangeOf(text: string): string | null {
  const [address = "", prefix = "32", ...more] = text.split("/");
  const parts = address.split(".");
  if (more.length > 0 || parts.length !== 4 || !parts.every(isByte) || !isPrefix(prefix)) return null;
  const bits = Number(prefix);
  const kept = parts.map((part, index) => masked(Number(part), bits - 8 * index));
  return `${kept.join(".")}/${bits}`;
}

const isByte = (part: string) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255;
const isPrefix = (prefix: string) => /^\d{1,2}$/.test(prefix) && Number(prefix) <= 32;

/** Of a byte, its first `bits`. */
function masked(byte: number, bits: number): number {
  const dropped = 2 ** (8 - Math.min(8, Math.max(0, bits)));
  return Math.floor(byte / dropped) * dropped;
}
