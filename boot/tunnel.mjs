import { rangeOf } from "./address-range.mjs";
import { Fault } from "./fault.mjs";
import { hasLink, ip, must } from "./iproute.mjs";
import { vsctl } from "./vsctl.mjs";

/** In the namespace: a share of the host's card, with an address of its own. */
const share = "tunnel0";
/** Nobody to tunnel to: an address that is seen in the namespace alone. */
const lone = "198.18.0.1/32";

/** The address at which this machine's tunnels end, as other hypervisors know it. */
export const tunnelAddress = (tunnel) => (tunnel?.address ?? lone).split("/")[0];

async function shareCard({ namespace }, card) {
  if (!(await hasLink(card)))
    throw new Fault(`MADANG_TUNNEL_NIC=${card}: this host has no such network card.`, {
      advice: "Its cards are listed by: ip -br link",
    });
  const there = await ip("-n", namespace, "-br", "link");
  if (!new RegExp(`^${share}@`, "m").test(there))
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
  const [{ address }] = JSON.parse(await ip("-n", namespace, "-j", "link", "show", share));
  return address;
}

/**
 * Gives tunnels their address in the namespace. In user space the switch finds the way to a peer by its own bridges: there
 * the address is br-phy's, which owns the share of the card.
 */
export async function makeTunnelEnd(place, { tunnel, datapath }) {
  const { namespace } = place;
  const address = tunnel?.address ?? lone;
  if (!tunnel) {
    await ip("-n", namespace, "addr", "replace", address, "dev", "br-phy");
    return;
  }
  const mac = await shareCard(place, tunnel.card);
  if (datapath === "system") {
    await ip("-n", namespace, "addr", "replace", address, "dev", share);
    return;
  }
  const own = ["--", "set", "bridge", "br-phy", `other-config:hwaddr="${mac}"`];
  await vsctl(place, "--may-exist", "add-port", "br-phy", share, ...own);
  await ip("-n", namespace, "addr", "replace", address, "dev", "br-phy");
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
