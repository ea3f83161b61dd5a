/** Whom an address stands for, where shares are counted by address. */
import { isIPv6 } from "node:net";

/** One IPv6 subscriber has a /64 to choose addresses from; everything else is what it is. */
export function networkOf(address: string): string {
  return isIPv6(address) ? network64(address) : address;
}

/** The first four groups, with what "::" leaves out written. */
function network64(address: string): string {
  const [head = "", tail] = address.split("::");
  const before = head.split(":").filter(Boolean);
  const after = (tail ?? "").split(":").filter(Boolean);
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => "0");
  return [...before, ...(tail === undefined ? [] : zeros), ...after].slice(0, 4).join(":");
}
