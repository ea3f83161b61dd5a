import { ask } from "./command.mjs";
import { Fault } from "./fault.mjs";
import { hasLink, hasLinkInside, ip } from "./iproute.mjs";
import { lentCards, moveInside, returnCard } from "./lent-card.mjs";
import { vsctl } from "./vsctl.mjs";

const name = /^[A-Za-z0-9_.:-]{1,15}$/;

async function refuseBusy(card) {
  const [{ addr_info: addresses }] = JSON.parse(await ip("-j", "addr", "show", "dev", card));
  const own = addresses.find(({ scope }) => scope !== "link");
  if (!own) return;
  throw new Fault(`MADANG_EXTERNAL=${card}: it has the address ${own.local}, so this host uses it.`, {
    advice: "Give a network card that is free for Madang; it lends no other.",
  });
}

/** Puts a network card of this host into br-ex. Repeated, it changes nothing. */
export async function lendCard(place, card, datapath) {
  const { namespace } = place;
  if (!name.test(card))
    throw new Fault(`MADANG_EXTERNAL is "${card}".`, {
      advice: "Give isolated, nat or a network card's name.",
    });
  if (await hasLink(card)) {
    await refuseBusy(card);
    await moveInside(place, card);
  } else if (!(await hasLinkInside(namespace, card)))
    throw new Fault(`MADANG_EXTERNAL=${card}: this host has no such network card.`, {
      advice: "Its cards are listed by: ip -br link",
    });
  // A switch in user space can't cut what the card put together, nor finish checksums.
  if (datapath === "netdev")
    for (const feature of ["gro", "lro", "tx"])
      await ask("ip", ["netns", "exec", namespace, "ethtool", "-K", card, feature, "off"]);
  await ip("-n", namespace, "link", "set", card, "up");
  await vsctl(place, "--may-exist", "add-port", "br-ex", card);
}

/** Those that an earlier run was lent, but for `kept`. */
export async function returnOtherCards(place, kept) {
  for (const card of lentCards(place).filter((one) => one !== kept)) {
    await vsctl(place, "--if-exists", "del-port", "br-ex", card);
    await returnCard(place, card);
  }
}
