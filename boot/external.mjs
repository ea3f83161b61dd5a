import { isInstalled } from "./datapath.mjs";
import { lendCard, returnCard } from "./external-card.mjs";
import { chooseRange, collision, hostRanges, layOut, layOutForeign } from "./external-range.mjs";
import { Fault } from "./fault.mjs";
import { makeHostLink, removeHostLink, uplinkOf } from "./host-link.mjs";
import { takeLock } from "./lock.mjs";
import { until } from "./waiting.mjs";

const lockSeconds = 60;

/** Two copies that start in one moment choose different ranges, and no stop crosses a start. */
async function alone(work) {
  const taken = () => {
    const lock = takeLock("/run/madang-links.lock");
    return lock.release ? lock : null;
  };
  const lock = await until(taken, { seconds: lockSeconds });
  if (!lock) throw new Fault("Another Madang keeps the lock on this host's links (/run/madang-links.lock).");
  try {
    return await work();
  } finally {
    lock.release();
  }
}

/** What the row of the external network says, and `words` for people. */
function answer(mode, { cidr, gateway, pool }, hostAddress, words) {
  const row = { name: "public", physicalNetwork: "public", cidr, gateway, pool, hostAddress };
  return { row, words: `${cidr} (${mode}${words})` };
}

async function startCard(supervisor, { place, settings, datapath, first }) {
  const { mode: card, cidr } = settings.external;
  if (first && !cidr)
    throw new Fault(`MADANG_EXTERNAL=${card} needs MADANG_EXTERNAL_CIDR.`, {
      advice: "Set it to the network behind that card, such as 192.0.2.0/24.",
    });
  const layout = first ? layOutForeign(settings.external) : null;
  supervisor.atEnd(`The network card ${card}`, () => alone(() => returnCard(place, card)));
  await alone(() => lendCard(place, card, datapath));
  return layout ? answer(card, layout, null, "") : { row: null, words: card };
}

/** Why this host gets no link; null: it gets one. */
function obstacle(cidr, taken) {
  if (!isInstalled("nft")) return "nft is not installed";
  const other = collision(cidr, taken);
  return other && `this host routes ${other}`;
}

async function startLink(supervisor, { place, settings, datapath }) {
  const { mode, cidr } = settings.external;
  const taken = await hostRanges(place.link);
  const layout = layOut(chooseRange(`${place.folder}/external.json`, { cidr, taken }));
  const stop = obstacle(layout.cidr, taken);
  if (stop) return answer(mode, layout, null, `; no link from this host: ${stop}`);
  const uplink = mode === "nat" ? await uplinkOf() : null;
  if (mode === "nat" && !uplink)
    throw new Fault("MADANG_EXTERNAL=nat: this host has no default route.", {
      advice: "Leave it out, and the external network ends at this host.",
    });
  supervisor.atEnd("The link to the external network", () => removeExternal(place));
  await makeHostLink(place, { layout, uplink, datapath });
  return answer(mode, layout, layout.host, "; floating IPs are reached from this host");
}

/** Of whatever run; nothing is said about what is not there. */
export const removeExternal = (place) => alone(() => removeHostLink(place));

const isCard = ({ mode }) => mode !== "isolated" && mode !== "nat";

/** Whether a router may have its gateway on this machine: on the first, and wherever a card is lent. */
export const leadsOut = ({ external }, first) => first || isCard(external);

/** Makes what the external network leads to; only the `first` machine says its row. All of it goes when the supervisor stops. */
export async function startExternal(supervisor, wishes) {
  const { settings, first } = wishes;
  if (!leadsOut(settings, first)) return null;
  if (isCard(settings.external)) return startCard(supervisor, wishes);
  return alone(() => startLink(supervisor, wishes));
}
