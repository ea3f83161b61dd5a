import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from "node:fs";
import { ip } from "./iproute.mjs";
import { lentCards, returnCard } from "./lent-card.mjs";
import { livingPidIn } from "./living.mjs";

/** statfs(2) of a namespace that is mounted at its file; without the mount the file is what a crash left. */
const nsfsMagic = 0x6e736673;
const fileOf = (name) => `/run/netns/${name}`;
const isMounted = (name) => existsSync(fileOf(name)) && statfsSync(fileOf(name)).type === nsfsMagic;

/** Names the data folder, for whoever finds the run folder without it. */
const ownerFile = (run) => `${run}/data`;

/**
 * The namespace and the run folder. Answers whether they were made now: whatever an earlier run left of its daemons is then
 * out of reach and worth nothing.
 */
export async function makeNamespace(place) {
  const { namespace, run, data } = place;
  const made = !isMounted(namespace) && !(await attachAgain(place));
  if (made) {
    await removeNamespace(place);
    await ip("netns", "add", namespace);
    await ip("-n", namespace, "link", "set", "lo", "up");
  }
  mkdirSync(run, { recursive: true, mode: 0o700 });
  writeFileSync(ownerFile(run), data);
  return made;
}

/** A namespace whose mount somebody took away lives on in the switch, and so do its guests. */
async function attachAgain({ namespace, data }) {
  const pid = livingPidIn(`${data}/run/ovs-vswitchd.pid`);
  const networkOf = (who) => readlinkSync(`/proc/${who}/ns/net`);
  if (!pid || networkOf(pid) === networkOf("self")) return false;
  for (const name of namespacesOf(namespace).filter((one) => !isMounted(one))) rmSync(fileOf(name));
  await ip("netns", "attach", namespace, String(pid));
  return true;
}

/** Who left a run folder: `[{ run, data }]` of all copies on this machine, running ones too. */
export function ownedRunFolders() {
  const names = readdirSync("/run").filter((name) => /^madang-[0-9a-f]{8}$/.test(name));
  return names.flatMap((name) => {
    const run = `/run/${name}`;
    return existsSync(ownerFile(run)) ? [{ run, data: readFileSync(ownerFile(run), "utf8") }] : [];
  });
}

/** Its own, and the agent's doors to the metadata service, which are named after it. */
function namespacesOf(namespace) {
  if (!existsSync("/run/netns")) return [];
  return readdirSync("/run/netns").filter((name) => name === namespace || name.startsWith(`${namespace}-`));
}

/** With the namespaces go their links, but cards that were lent. */
export async function removeNamespace(place) {
  for (const card of lentCards(place)) await returnCard(place, card);
  for (const name of namespacesOf(place.namespace)) await ip("netns", "del", name);
  rmSync(place.run, { recursive: true, force: true });
}
