/** IPv4 addresses and ranges as tenant networks know them: always four decimal parts, a range always by its own address. */
import ipaddr from "ipaddr.js";
import { z } from "zod";

const { IPv4 } = ipaddr;

export type Cidr = { first: number; last: number; prefix: number };

/** Throws where it is none: parse with `ipv4` first. */
export function toNumber(address: string): number {
  return IPv4.parse(address).octets.reduce((sum, octet) => sum * 256 + octet, 0);
}

export function toAddress(number: number): string {
  return new IPv4([24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256)).toString();
}

/** null: none. Bits beyond the prefix don't count. */
export function cidrOf(text: string): Cidr | null {
  if (!IPv4.isValidCIDRFourPartDecimal(text)) return null;
  const [address, prefix] = IPv4.parseCIDR(text);
  const size = 2 ** (32 - prefix);
  const first = Math.floor(toNumber(address.toString()) / size) * size;
  return { first, last: first + size - 1, prefix };
}

export function cidrText({ first, prefix }: Cidr): string {
  return `${toAddress(first)}/${prefix}`;
}

export function contains(cidr: string, address: string): boolean {
  const range = cidrOf(cidr);
  const number = toNumber(address);
  return range !== null && number >= range.first && number <= range.last;
}

export function overlap(left: string, right: string): boolean {
  const [one, other] = [cidrOf(left), cidrOf(right)];
  return one !== null && other !== null && one.first <= other.last && other.first <= one.last;
}

export const ipv4 = z
  .string()
  .trim()
  .max(15, { error: "addressInvalid" })
  .refine((text) => IPv4.isValidFourPartDecimal(text), { error: "addressInvalid" });

/** Made canonical: 10.0.0.7/24 is 10.0.0.0/24. */
export const cidr = z
  .string()
  .trim()
  .max(18, { error: "cidrInvalid" })
  .refine((text) => cidrOf(text) !== null, { error: "cidrInvalid" })
  .overwrite((text) => {
    const range = cidrOf(text);
    return range === null ? text : cidrText(range);
  });
