import { existsSync, writeFileSync } from "node:fs";
import { ask } from "./command.mjs";
import { allowForwarding, forbidForwarding } from "./forwarding.mjs";
import { hasLink, ip, must } from "./network-namespace.mjs";
import { vsctl } from "./vsctl.mjs";

/** Its end in the namespace. */
const inner = "mdg-ext";

/** Guests may answer what this host began, and ping it at its addresses there; whatever else comes from them to this host, or through it, ends here. */
function isolated(link) {
  return [`iifname "${link}" drop`, `oifname "${link}" drop`];
}

/** Out by the uplink alone, from the floating range alone; and if this host did not forward before, nothing else is. */
function translated(link, { floating, uplink, guarded }) {
  return [
    // Where clouds answer their machines with what only this host may know.
    `iifname "${link}" ip daddr 169.254.0.0/16 drop`,
    `iifname "${link}" ip saddr ${floating} oifname "${uplink}" accept`,
    `iifname "${link}" drop`,
    `oifname "${link}" iifname "${uplink}" ct state established,related accept`,
    `oifname "${link}" drop`,
    ...(guarded ? [`iifname "${uplink}" oifname != "mdg-*" drop`] : []),
  ];
}

function ruleset({ link, table }, { addresses, floating, nat }) {
  const forward = nat ? translated(link, { floating, ...nat }) : isolated(link);
  const masquerade = nat
    ? [
        "chain postrouting { type nat hook postrouting priority srcnat; policy accept;",
        `ip saddr ${floating} oifname "${nat.uplink}" masquerade`,
        "}",
      ]
    : [];
  return [
    `table inet ${table}`,
    `delete table inet ${table}`,
    `table inet ${table} {`,
    "chain input { type filter hook input priority -10; policy accept;",
    `iifname "${link}" ct state established,related accept`,
    `iifname "${link}" ip daddr { ${addresses.join(", ")} } icmp type echo-request accept`,
    `iifname "${link}" drop`,
    "}",
    "chain forward { type filter hook forward priority -10; policy accept;",
    ...forward,
    "}",
    ...masquerade,
    "}",
    "",
  ].join("\n");
}

const setting = (family, link, name, value) =>
  writeFileSync(`/proc/sys/net/${family}/conf/${link}/${name}`, value);

/** Answers for its own addresses alone, and takes nothing whose answer would go elsewhere. */
function harden(link) {
  if (existsSync("/proc/sys/net/ipv6")) setting("ipv6", link, "disable_ipv6", "1");
  for (const [name, value] of [
    ["rp_filter", "1"],
    ["arp_ignore", "1"],
    ["accept_redirects", "0"],
    ["send_redirects", "0"],
  ])
    setting("ipv4", link, name, value);
}

/** The device through which this host reaches everything it has no route for; null: it has none. */
export async function uplinkOf() {
  const routes = JSON.parse(await ip("-j", "-4", "route", "show", "default"));
  return routes[0]?.dev ?? null;
}

/**
 * Links this host to br-ex: rules first, then the link, then a route for the floating range alone. With an `uplink` guests
 * get out by it too. Repeated, it changes nothing.
 */
export async function makeHostLink(place, { layout, uplink, datapath }) {
  const { link, namespace } = place;
  forbidForwarding(place);
  const nat = uplink ? { uplink, guarded: allowForwarding(place, uplink) } : null;
  const rules = `${place.folder}/host-link.nft`;
  const addresses = [layout.host, ...(nat ? [layout.gateway] : [])];
  writeFileSync(rules, ruleset(place, { addresses, floating: layout.floating, nat }), { mode: 0o600 });
  await must("nft", ["-f", rules]);
  if (!(await hasLink(link)))
    await ip("link", "add", link, "type", "veth", "peer", "name", inner, "netns", namespace);
  harden(link);
  if (nat) setting("ipv4", link, "forwarding", "1");
  // A switch in user space gets frames as they are: their checksums must be done.
  if (datapath === "netdev") await must("ethtool", ["-K", link, "tx", "off"]);
  for (const address of addresses) await ip("addr", "replace", `${address}/32`, "dev", link);
  await ip("link", "set", link, "up");
  await ip("-n", namespace, "link", "set", inner, "up");
  await vsctl(place, "--may-exist", "add-port", "br-ex", inner);
  await ip("route", "replace", layout.floating, "dev", link, "src", layout.host);
}

/** The rules go last: as long as there is a link, they hold. Nothing is said about what is not there. */
export async function removeHostLink(place) {
  if (await hasLink(place.link)) await ip("link", "del", place.link);
  forbidForwarding(place);
  if ((await ask("nft", ["list", "table", "inet", place.table])).code !== 0) return;
  await must("nft", ["delete", "table", "inet", place.table]);
}
