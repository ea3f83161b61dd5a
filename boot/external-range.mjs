import { readFileSync, writeFileSync } from "node:fs";
import { addressNumber, addressText, overlaps, rangeOf } from "./address-range.mjs";
import { Fault } from "./fault.mjs";
import { ip } from "./iproute.mjs";

/** Where free ranges are looked for: of RFC 1918, and of no use that we know but OpenStack's own examples. */
const lowest = rangeOf("172.24.4.0/24");
const highest = rangeOf("172.24.255.0/24");
const shortestPrefix = 16;
const longestPrefix = 28;

/** What this host routes anywhere but by default, its own addresses included; what goes by `ownLink` is ours. */
export async function hostRanges(ownLink) {
  const routes = JSON.parse(await ip("-j", "-4", "route", "show", "table", "all"));
  return routes
    .filter(({ dst, dev }) => dst !== "default" && dst !== "0.0.0.0/0" && dev !== ownLink)
    .map(({ dst, dev = "nowhere" }) => ({ ...rangeOf(dst), words: `${dst} (${dev})` }));
}

/** The first free range; null: there is none. */
export function freeRange(taken) {
  for (let first = lowest.first; first <= highest.first; first += 256) {
    const range = { first, last: first + 255 };
    if (!taken.some((one) => overlaps(one, range))) return `${addressText(first)}/24`;
  }
  return null;
}

function chosenCidr(text) {
  const range = rangeOf(text, { exact: true });
  if (range && range.prefix >= shortestPrefix && range.prefix <= longestPrefix) return text;
  throw new Fault(`MADANG_EXTERNAL_CIDR is "${text}".`, {
    advice: `Give an IPv4 network from /${shortestPrefix} to /${longestPrefix}, such as 172.24.4.0/24.`,
  });
}

function kept(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8")).cidr ?? null;
  } catch {
    return null;
  }
}

/** The range as set, as kept in `file`, or the first free one; it is kept from then on. */
export function chooseRange(file, { cidr, taken }) {
  const found = cidr ? chosenCidr(cidr) : (kept(file) ?? freeRange(taken));
  if (!found)
    throw new Fault("No range for the external network is free on this host.", {
      advice: "Set MADANG_EXTERNAL_CIDR to one, such as 10.250.0.0/24.",
    });
  writeFileSync(file, `${JSON.stringify({ cidr: found }, null, 2)}\n`);
  return found;
}

/** Which route of this host a range collides with, in words; null: with none. */
export function collision(cidr, taken) {
  const range = rangeOf(cidr);
  return taken.find((one) => overlaps(one, range))?.words ?? null;
}

/**
 * How a range is used: its first address is the gateway's, its second this host's, its upper half is given to floating
 * IPs and routers, and is what the host has a route for.
 */
export function layOut(cidr) {
  const { first, last, prefix } = rangeOf(cidr);
  const middle = first + (last - first + 1) / 2;
  return {
    cidr,
    gateway: addressText(first + 1),
    host: addressText(first + 2),
    floating: `${addressText(middle)}/${prefix + 1}`,
    pool: { start: addressText(middle), end: addressText(last - 1) },
  };
}

function inside(text, cidr, name) {
  const number = addressNumber(text);
  const { first, last } = rangeOf(cidr);
  if (number !== null && number > first && number < last) return text;
  throw new Fault(`${name}: "${text}" is no address of ${cidr}.`, { advice: "Give one of that network." });
}

/** The same for a network that others run: gateway and pool as they are set. */
export function layOutForeign({ cidr, gateway, pool }) {
  const usual = layOut(chosenCidr(cidr));
  const [start, end, ...more] = (pool ?? `${usual.pool.start}-${usual.pool.end}`).split("-");
  const name = "MADANG_EXTERNAL_POOL";
  const ends = { start: inside(start, cidr, name), end: inside(end ?? "", cidr, name) };
  if (more.length > 0 || addressNumber(ends.start) > addressNumber(ends.end))
    throw new Fault(`${name} is "${pool}".`, {
      advice: "Give the first and the last address: 192.0.2.100-192.0.2.199",
    });
  return {
    cidr,
    gateway: gateway ? inside(gateway, cidr, "MADANG_EXTERNAL_GATEWAY") : usual.gateway,
    pool: ends,
  };
}
