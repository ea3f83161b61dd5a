/** IPv4 as numbers; an address is text where people or `ip` see it. */

const octet = /^(0|[1-9]\d{0,2})$/;

/** null: no IPv4 address. */
export function addressNumber(text) {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => octet.test(part) && Number(part) < 256)) return null;
  return parts.reduce((number, part) => number * 256 + Number(part), 0);
}

export const addressText = (number) =>
  [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");

/** `{ first, last }` of a CIDR, or of an address alone; null: neither. `exact`: it must be a network's own address. */
export function rangeOf(text, { exact = false } = {}) {
  const [address, prefix = "32", ...more] = text.split("/");
  const number = addressNumber(address);
  const bits = /^\d{1,2}$/.test(prefix) ? Number(prefix) : Number.NaN;
  if (more.length > 0 || number === null || !(bits <= 32)) return null;
  const size = 2 ** (32 - bits);
  const first = number - (number % size);
  if (exact && (first !== number || !text.includes("/"))) return null;
  return { first, last: first + size - 1, prefix: bits };
}

export const overlaps = (one, other) => one.first <= other.last && other.first <= one.last;
