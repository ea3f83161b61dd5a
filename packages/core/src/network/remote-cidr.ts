/** Whom a rule speaks of by address: a range of IPv4 or IPv6, or one address. */
import ipaddr from "ipaddr.js";
import { cidrOf, cidrText } from "./cidr.ts";

const { IPv4, IPv6 } = ipaddr;

export type EtherType = "IPv4" | "IPv6";
export type RemoteRange = { text: string; etherType: EtherType };

/** The longest that a range can be written: eight groups of four and a prefix. */
export const remoteCidrLimit = 43;

/** Canonical: the range's own first address, IPv6 as RFC 5952 writes it; a bare address is a range of one. null: neither. */
export function remoteRangeOf(text: string): RemoteRange | null {
  const trimmed = text.trim();
  if (IPv4.isValidFourPartDecimal(trimmed)) return { text: `${trimmed}/32`, etherType: "IPv4" };
  const range = cidrOf(trimmed);
  if (range) return { text: cidrText(range), etherType: "IPv4" };
  const six = sixOf(trimmed);
  return six === null ? null : { text: six, etherType: "IPv6" };
}

function sixOf(text: string): string | null {
  if (text.includes("%") || !text.includes(":")) return null;
  const whole = text.includes("/") ? text : `${text}/128`;
  if (!/\/\d{1,3}$/.test(whole) || !IPv6.isValidCIDR(whole)) return null;
  const [, prefix] = IPv6.parseCIDR(whole);
  return `${IPv6.networkAddressFromCIDR(whole).toString()}/${prefix}`;
}

/** Whether it is everybody of its family. */
export function isAnybody(remoteCidr: string | null): boolean {
  return remoteCidr === null || remoteCidr.endsWith("/0");
}
