/** Where an image may be fetched from. What an address leads to is judged once its name is resolved. */
import ipaddr from "ipaddr.js";

const ports: Readonly<Record<string, readonly string[]>> = {
  "http:": ["", "80", "8080"],
  "https:": ["", "443", "8443"],
};

/** null: not http or https on its usual ports, or with a name and password in it. */
export function sourceUrl(text: string): URL | null {
  const url = /[\p{Cc}\p{Cs}\s]/u.test(text) ? null : URL.parse(text);
  if (!url || text.length > 2_048) return null;
  const plain = url.username === "" && url.password === "" && url.hostname !== "";
  return plain && ports[url.protocol]?.includes(url.port) ? url : null;
}

/** Only what ipaddr.js calls unicast: NAT64, 6to4 and the like, which lead to the address in them, have names of their own. */
export function isPublicAddress(text: string): boolean {
  return ipaddr.isValid(text) && ipaddr.process(text).range() === "unicast";
}
