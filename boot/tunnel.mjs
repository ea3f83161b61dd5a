import { rangeOf } from "./address-range.mjs";
import { Fault } from "./fault.mjs";
import { hasLink, hasLinkInside, ip, must } from "./iproute.mjs";
import { vsctl } from "./vsctl.mjs";

/** In the namespace: a share of the host's card, with an address of its own. */
const share = "tunnel0";
/** Nobody to tunnel to: an address that is seen in the namespace alone. */
const lone = "198.18.0.1/32";

/** The address at which this machine's tunnels end, as other hypervisors know it. */
export const tunnelAddress = (tunnel) => (tunnel?.address ?? lone).split("/")[0];

const linkOf = async (...args) => JSON.parse(await ip(...args))[0];

/** A run that was killed may have shared another card. */
async function forgetOtherShare(place, card) {
  const { namespace } = place;
  if (!(await hasLinkInside(namespace, share))) return;
  const { link_index: lower } = await linkOf("-n", namespace, "-j", "link", "show", share);
  if (card && lower === (await linkOf("-j", "link", "show", card)).ifindex) return;
  await vsctl(place, "--if-exists", "del-port", "br-phy", share);
  await ip("-n", namespace, "link", "del", share);
}

/** The address, and none of an earlier run. */
async function setAddress(namespace, link, address) {
  const { addr_info: there } = await linkOf("-n", namespace, "-j", "addr", "show", link);
  const own = there.filter(({ family }) => family === "inet");
  for (const { local, prefixlen } of own)
    if (`${local}/${prefixlen}` !== address)
      await ip("-n", namespace, "addr", "del", `${local}/${prefixlen}`, "dev", link);
  await ip("-n", namespace, "addr", "replace", address, "dev", link);
}

async function shareCard(place, card) {
  const { namespace } = place;
  if (!(await hasLink(card)))
    throw new Fault(`MADANG_TUNNEL_NIC=${card}: this host has no such network card.`, {
      advice: "Its cards are listed by: ip -br link",
    });
  await forgetOtherShare(place, card);
  if (!(await hasLinkInside(namespace, share)))
    await ip(
      "link",
      "add",
      "link",
      card,
      "name",
      share,
      "netns",
      namespace,
      "type",
      "macvlan",
      "mode",
      "bridge",
    );
  await ip("-n", namespace, "link", "set", share, "up");
  return (await linkOf("-n", namespace, "-j", "link", "show", share)).address;
}

/**
 * Gives tunnels their address in the namespace. In user space the switch finds the way to a peer by its own bridges: there
 * the address is br-phy's, which owns the share of the card.
 */
export async function makeTunnelEnd(place, { tunnel, datapath }) {
  const { namespace } = place;
  const address = tunnel?.address ?? lone;
  if (!tunnel) {
    await forgetOtherShare(place, null);
    await setAddress(namespace, "br-phy", address);
    return;
  }
  const mac = await shareCard(place, tunnel.card);
  if (datapath === "system") {
    await setAddress(namespace, share, address);
    return;
  }
  const own = ["--", "set", "bridge", "br-phy", `other-config:hwaddr="${mac}"`];
  await vsctl(place, "--may-exist", "add-port", "br-phy", share, ...own);
  await setAddress(namespace, "br-phy", address);
  const inside = [`--net=/run/netns/${namespace}`, "ethtool", "-K"];
  await must("nsenter", [...inside, "br-phy", "tx", "off"]);
  await must("nsenter", [...inside, share, "gro", "off"]);
}

/** `{ card, address }` of the two settings, null where neither is set. */
export function readTunnel(card, address) {
  if (!card && !address) return null;
  const range = address && rangeOf(address);
  if (card && range && range.prefix < 32) return { card, address };
  throw new Fault(`MADANG_TUNNEL_NIC is "${card ?? ""}" and MADANG_TUNNEL_ADDRESS "${address ?? ""}".`, {
    advice: "Give both: a network card, and a free address of the network behind it, such as 192.0.2.21/24.",
  });
}
