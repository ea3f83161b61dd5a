/** IP protocols as rules of security groups name them: Neutron's words for IANA's numbers. */
import { z } from "zod";

const numbers: Readonly<Record<string, number>> = {
  icmp: 1,
  igmp: 2,
  ipip: 4,
  tcp: 6,
  egp: 8,
  udp: 17,
  dccp: 33,
  "ipv6-encap": 41,
  "ipv6-route": 43,
  "ipv6-frag": 44,
  rsvp: 46,
  gre: 47,
  esp: 50,
  ah: 51,
  "ipv6-icmp": 58,
  "ipv6-nonxt": 59,
  "ipv6-opts": 60,
  ospf: 89,
  vrrp: 112,
  pgm: 113,
  sctp: 132,
  udplite: 136,
};
/** Neutron's older words, and the one for no protocol in particular. */
const aliases: Readonly<Record<string, number | null>> = { icmpv6: 58, icmp6: 58, any: null };

export const icmp = 1;
export const icmpV6 = 58;
const withPorts: ReadonlySet<number> = new Set([6, 17, 33, 132, 136]);

/** By name or by number, as a number or in text; null: any. */
export const protocol = z
  .union([z.int(), z.string().trim().toLowerCase().max(20)], { error: "protocolUnknown" })
  .nullable()
  .refine((value) => protocolNumber(value) !== undefined, { error: "protocolUnknown" })
  .transform((value) => protocolNumber(value) ?? null);

function protocolNumber(value: number | string | null): number | null | undefined {
  if (value === null) return null;
  if (typeof value === "string" && Object.hasOwn(aliases, value)) return aliases[value];
  const number = typeof value === "string" ? (ownNumber(value) ?? decimal(value)) : value;
  return number !== undefined && number >= 0 && number <= 255 ? number : undefined;
}

function ownNumber(name: string): number | undefined {
  return Object.hasOwn(numbers, name) ? numbers[name] : undefined;
}

function decimal(text: string): number | undefined {
  return /^\d{1,3}$/.test(text) ? Number(text) : undefined;
}

/** As Neutron says it; a number that has no word stays a number. */
export function protocolName(number: number): string {
  return Object.keys(numbers).find((name) => numbers[name] === number) ?? String(number);
}

export function hasPorts(number: number | null): boolean {
  return number !== null && withPorts.has(number);
}

export function isIcmp(number: number | null): boolean {
  return number === icmp || number === icmpV6;
}
