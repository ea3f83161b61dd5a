import { createHash } from "node:crypto";
import { realpathSync } from "node:fs";

const systemPath = "/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * Names of all that a copy of Madang makes for tenant networks outside of its data folder, from that folder's path: the
 * same at every start, another for every copy, and short, for a link's name holds 15 bytes and a socket's path 108.
 */
export function networkPlace(data) {
  return placeOf(data, createHash("sha256").update(realpathSync(data)).digest("hex").slice(0, 8));
}

/** The same where the folder may be gone and its digits are known. */
export function placeOf(data, id) {
  const run = `/run/madang-${id}`;
  return {
    data,
    namespace: `madang-${id}`,
    /** Sockets, and the switch's own database, which is worth nothing without the links that it names. */
    run,
    /** Northbound and southbound database, and what was chosen once. */
    folder: `${data}/network`,
    /** This machine's end of the link to the external network. */
    link: `mdg-${id}`,
    table: `madang_${id}`,
    northbound: `unix:${run}/nb.sock`,
    southbound: `unix:${run}/sb.sock`,
    ovsDatabase: `${run}/db.sock`,
    /** For every daemon and tool of OVS and OVN; whoever looks for what a data folder left behind finds it in there. */
    env: {
      PATH: systemPath,
      LC_ALL: "C.UTF-8",
      MADANG_DATA: data,
      ...Object.fromEntries(
        ["RUNDIR", "DBDIR", "LOGDIR", "SYSCONFDIR"].flatMap((name) => [
          [`OVS_${name}`, run],
          [`OVN_${name}`, run],
        ]),
      ),
    },
  };
}

/** A command as it runs in the namespace; it keeps the pid, and `becomes` its command line. */
export function inNamespace({ namespace }, command, args) {
  const inside = [command, ...args];
  return { command: "nsenter", args: [`--net=/run/netns/${namespace}`, ...inside], becomes: inside };
}
