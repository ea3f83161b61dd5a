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
  const forwarded = String(request.headers["x-forwarded-for"] ?? "").split(",");
  let address = plainAddress(request.socket.remoteAddress ?? "unknown");
  while (trust(address)) {
    const before = plainAddress(withoutPort((forwarded.pop() ?? "").trim()));
    // What a trusted proxy did not write as an address is not skipped: before it stands what the client made up.
    if (isIP(before) === 0) break;
    address = before;
  }
  return address;
}

/** Some proxies name the port as well: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
function withoutPort(entry: string): string {
  const [, ipv6, ipv4] = /^(?:\[([^\]]+)\](?::\d+)?|([\d.]+):\d+)$/.exec(entry) ?? [];
  return ipv6 ?? ipv4 ?? entry;
}

function plainAddress(address: string): string {
  return address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
}
