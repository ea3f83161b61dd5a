/** The true address of a caller: what proxies say counts only as far back as they are trusted. */
import type { IncomingMessage } from "node:http";
import { BlockList, isIP, isIPv6 } from "node:net";

export type ProxyTrust = (address: string) => boolean;

/** Throws TypeError for what is neither an address nor a network. */
export function proxyTrust(trusted: readonly string[]): ProxyTrust {
  const list = new BlockList();
  for (const entry of trusted) {
    const [address = "", prefix] = entry.split("/");
    if (!isIP(address))
      throw new TypeError(`MADANG_TRUSTED_PROXIES: ${entry} is neither an address nor a network`);
    const family = isIPv6(address) ? "ipv6" : "ipv4";
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return (address) => {
    const plain = plainAddress(address);
    return isIP(plain) !== 0 && list.check(plain, isIPv6(plain) ? "ipv6" : "ipv4");
  };
}

/** Walks back from the socket through trusted proxies to the first address that is none of them. */
export function clientAddress(request: IncomingMessage, trust: ProxyTrust): string {
  const header = request.headers["x-forwarded-for"];
  const forwarded = String(header ?? "")
    .split(",")
    .map((one) => one.trim())
    .filter((one) => isIP(plainAddress(one)) !== 0);
  let address = plainAddress(request.socket.remoteAddress ?? "unknown");
  while (trust(address)) {
    const before = forwarded.pop();
    if (before === undefined) break;
    address = plainAddress(before);
  }
  return address;
}

function plainAddress(address: string): string {
  return address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
}
