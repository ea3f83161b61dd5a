import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { isInstalled } from "./datapath.mjs";
import { lendCard, returnOtherCards } from "./external-card.mjs";
import { chooseRange, collision, hostRanges, layOut, layOutForeign } from "./external-range.mjs";
import { Fault } from "./fault.mjs";
import { forgetHostLink, removeHostLink, uplinkOf } from "./host-link.mjs";
import { keepHostLink } from "./host-link-watch.mjs";
import { returnCard } from "./lent-card.mjs";
import { aloneWithLinks } from "./links-lock.mjs";

/** What the row followed last: it is told which of these have changed since, and leaves the others to administrators. */
const followedFile = ({ folder }) => `${folder}/external-followed.json`;

function lastFollowed(place) {
  const file = followedFile(place);
  return existsSync(file) ? { before: JSON.parse(readFileSync(file, "utf8")) } : {};
}

/** Called when the row is as `row` says. */
export function rememberFollowed(place, { gateway, pool }) {
  writeFileSync(followedFile(place), JSON.stringify({ gateway, pool }));
}

/** What the row of the external network says, and `words` for people. */
function answer(place, mode, { cidr, gateway, pool }, hostAddress, words) {
  const wish = { name: "public", physicalNetwork: "public", cidr, gateway, pool, hostAddress };
  const row = { ...wish, ...lastFollowed(place) };
  return { row, words: `${cidr} (${mode}${words})` };
}

async function startCard(supervisor, { place, settings, datapath, first }) {
  const { mode: card, cidr } = settings.external;
  if (first && !cidr)
    throw new Fault(`MADANG_EXTERNAL=${card} needs MADANG_EXTERNAL_CIDR.`, {
      advice: "Set it to the network behind that card, such as 192.0.2.0/24.",
    });
  const layout = first ? layOutForeign(settings.external) : null;
  supervisor.atEnd(`The network card ${card}`, () => aloneWithLinks(() => returnCard(place, card)));
  await lendCard(place, card, datapath);
  return layout ? answer(place, card, layout, null, "") : { row: null, words: card };
}

/** Why this host gets no link; null: it gets one. */
function obstacle(cidr, taken) {
  if (!isInstalled("nft")) return "nft is not installed";
  const other = collision(cidr, taken);
  return other && `this host routes ${other}`;
}

async function startLink(supervisor, { place, settings, datapath, watch }) {
  const { mode, cidr } = settings.external;
  const taken = await hostRanges(place.link);
  const layout = layOut(chooseRange(`${place.folder}/external.json`, { cidr, taken }));
  const stop = obstacle(layout.cidr, taken);
  if (stop) {
    await forgetHostLink(place);
    return answer(place, mode, layout, null, `; no link from this host: ${stop}`);
  }
  const uplink = mode === "nat" ? await uplinkOf() : null;
  if (mode === "nat" && !uplink)
    throw new Fault("MADANG_EXTERNAL=nat: this host has no default route.", {
      advice: "Leave it out, and the external network ends at this host.",
    });
  let keeper = null;
  supervisor.atEnd("The link to the external network", async () => {
    await keeper?.stop();
    await removeExternal(place);
  });
  keeper = await keepHostLink(place, { layout, uplink, datapath }, watch);
  return answer(place, mode, layout, layout.host, "; floating IPs are reached from this host");
}

/** Of whatever run; nothing is said about what is not there. */
export const removeExternal = (place) => aloneWithLinks(() => removeHostLink(place));

const isCard = ({ mode }) => mode !== "isolated" && mode !== "nat";

/** Whether a router may have its gateway on this machine: on the first, and wherever a card is lent. */
export const leadsOut = ({ external }, first) => first || isCard(external);

/** A run that was killed may have had another setting, and its switch lives on. */
async function forgetOtherModes({ place, settings: { external }, first }) {
  const card = isCard(external) ? external.mode : null;
  await returnOtherCards(place, card);
  if (card || !first) await forgetHostLink(place);
}

/** Makes what the external network leads to; only the `first` machine says its row. All of it goes when the supervisor stops. */
export async function startExternal(supervisor, wishes) {
  const { settings, first } = wishes;
  return aloneWithLinks(async () => {
    await forgetOtherModes(wishes);
    if (!leadsOut(settings, first)) return null;
    return isCard(settings.external) ? startCard(supervisor, wishes) : startLink(supervisor, wishes);
  });
}
