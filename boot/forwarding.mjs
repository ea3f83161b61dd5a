import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";

/** Who of the copies on this host needs an uplink to forward that did not before. */
const noteOf = (uplink) => `/run/madang-forwarding-${uplink}.json`;
const switchOf = (link) => `/proc/sys/net/ipv4/conf/${link}/forwarding`;

const isOn = (link) => readFileSync(switchOf(link), "utf8").trim() === "1";

function users(uplink) {
  const file = noteOf(uplink);
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : [];
}

/**
 * How it is now. `guarded`: it forwards for our sake alone, so nothing but our own may pass. We never switch on forwarding
 * for all links; where that is on, others (Docker, a VPN) want it, and what they forward is theirs.
 */
export function forwardingOf(uplink) {
  const on = existsSync(switchOf(uplink)) && isOn(uplink);
  return { on, guarded: on && users(uplink).length > 0 && !isOn("all") };
}

/**
 * Lets this host forward what comes by the uplink, and answers `guarded`. The last copy that leaves switches it off again.
 * Whoever calls holds the lock on this host's links.
 */
export function allowForwarding({ table }, uplink) {
  const others = users(uplink);
  if (!isOn(uplink) || (others.length > 0 && !isOn("all"))) {
    writeFileSync(noteOf(uplink), JSON.stringify([...new Set([...others, table])]));
    writeFileSync(switchOf(uplink), "1");
  }
  return forwardingOf(uplink).guarded;
}

/** Where this or an earlier run left its name, but for `except`. What others switched on since stays on. The same lock is held. */
export function forbidForwarding({ table }, except = null) {
  const notes = readdirSync("/run").map((name) => /^madang-forwarding-(.+)\.json$/.exec(name)?.[1]);
  for (const uplink of notes.filter((name) => name && name !== except && users(name).includes(table))) {
    const left = users(uplink).filter((one) => one !== table);
    if (left.length > 0) {
      writeFileSync(noteOf(uplink), JSON.stringify(left));
      continue;
    }
    if (existsSync(switchOf(uplink)) && !isOn("all")) writeFileSync(switchOf(uplink), "0");
    rmSync(noteOf(uplink));
  }
}
