import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";

/** Who of the copies on this host needs an uplink to forward that did not before. */
const noteOf = (uplink) => `/run/madang-forwarding-${uplink}.json`;
const switchOf = (uplink) => `/proc/sys/net/ipv4/conf/${uplink}/forwarding`;

function users(uplink) {
  const file = noteOf(uplink);
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : [];
}

/**
 * Lets this host forward what comes by the uplink. Answers whether it did not before: then nothing but our own may pass, and
 * the last copy that leaves switches it off again. Whoever calls holds the lock on this host's links.
 */
export function allowForwarding({ table }, uplink) {
  const others = users(uplink);
  const on = readFileSync(switchOf(uplink), "utf8").trim() === "1";
  if (on && others.length === 0) return false;
  writeFileSync(noteOf(uplink), JSON.stringify([...new Set([...others, table])]));
  writeFileSync(switchOf(uplink), "1");
  return true;
}

/** Where an earlier run may have left its name too. The same lock is held. */
export function forbidForwarding({ table }) {
  const notes = readdirSync("/run").map((name) => /^madang-forwarding-(.+)\.json$/.exec(name)?.[1]);
  for (const uplink of notes.filter((name) => name && users(name).includes(table))) {
    const left = users(uplink).filter((one) => one !== table);
    if (left.length > 0) {
      writeFileSync(noteOf(uplink), JSON.stringify(left));
      continue;
    }
    if (existsSync(switchOf(uplink))) writeFileSync(switchOf(uplink), "0");
    rmSync(noteOf(uplink));
  }
}
