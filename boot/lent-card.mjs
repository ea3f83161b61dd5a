import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { ask } from "./command.mjs";
import { hasLinkInside, ip } from "./iproute.mjs";

/** With the namespace, for a card that is none (a VLAN, a bond) would go with it. */
const noteOf = (run) => `${run}/lent-cards.json`;

export function lentCards({ run }) {
  return existsSync(noteOf(run)) ? JSON.parse(readFileSync(noteOf(run), "utf8")) : [];
}

const note = ({ run }, cards) => writeFileSync(noteOf(run), JSON.stringify(cards));

/** Written down first: whoever ends what a killed run left has to know of it. */
export async function moveInside(place, card) {
  note(place, [...new Set([...lentCards(place), card])]);
  await ip("link", "set", card, "netns", place.namespace);
}

/** The card comes back with its offloads as cards have them by default. Nothing is said about one that is not there. */
export async function returnCard(place, card) {
  const { namespace } = place;
  if (await hasLinkInside(namespace, card)) {
    await ip("-n", namespace, "link", "set", card, "down");
    for (const feature of ["gro", "tx"])
      await ask("ip", ["netns", "exec", namespace, "ethtool", "-K", card, feature, "on"]);
    await ip("-n", namespace, "link", "set", card, "netns", String(process.pid));
  }
  if (!existsSync(place.run)) return;
  note(
    place,
    lentCards(place).filter((one) => one !== card),
  );
}
