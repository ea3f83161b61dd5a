import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { allowForwarding, forbidForwarding, forwardingOf } from "./forwarding.mjs";
import { listRules, removeRules, rulesOf, writeRules } from "./host-rules.mjs";
import { hasLink, ip, must } from "./iproute.mjs";
import { vsctl } from "./vsctl.mjs";

/** Its end in the namespace. */
const inner = "mdg-ext";

const fileOf = ({ family, link, name }) => `/proc/sys/net/${family}/conf/${link}/${name}`;

/** Answers for its own addresses alone, and takes nothing whose answer would go elsewhere. */
function settingsOf(link, nat) {
  const ipv4 = { rp_filter: "1", arp_ignore: "1", accept_redirects: "0", send_redirects: "0" };
  return [
    ...(existsSync("/proc/sys/net/ipv6") ? [{ family: "ipv6", link, name: "disable_ipv6", value: "1" }] : []),
    ...Object.entries({ ...ipv4, ...(nat ? { forwarding: "1" } : {}) }).map(([name, value]) => ({
      ...{ family: "ipv4", link, name, value },
    })),
  ];
}

const isSet = (setting) =>
  existsSync(fileOf(setting)) && readFileSync(fileOf(setting), "utf8").trim() === setting.value;

/** The device through which this host reaches everything it has no route for; null: it has none. */
export async function uplinkOf() {
  const routes = JSON.parse(await ip("-j", "-4", "route", "show", "default"));
  return routes[0]?.dev ?? null;
}

const addressesOf = ({ layout, uplink }) => [layout.host, ...(uplink ? [layout.gateway] : [])];

function rules(place, wish, guarded) {
  const { layout, uplink } = wish;
  const nat = uplink ? { uplink, guarded } : null;
  return rulesOf(place, { addresses: addressesOf(wish), floating: layout.floating, nat });
}

async function readLink(link) {
  const [found] = JSON.parse(await ip("-j", "addr", "show", "dev", link));
  const routes = JSON.parse((await ip("-j", "-4", "route", "show", "dev", link)).trim() || "[]");
  const own = found.addr_info.filter(({ family }) => family === "inet");
  return {
    isUp: found.flags.includes("UP"),
    addresses: own.map(({ local, prefixlen }) => `${local}/${prefixlen}`),
    routes: routes.map(({ dst }) => dst),
  };
}

/** An earlier run may have had another range. */
async function forgetOthers(link, { addresses, floating }) {
  const there = await readLink(link);
  for (const address of there.addresses.filter((one) => !addresses.includes(one)))
    await ip("addr", "del", address, "dev", link);
  for (const route of there.routes.filter((one) => one !== floating))
    await ip("route", "del", route, "dev", link);
}

/**
 * Links this host to br-ex: rules first, then the link, then a route for the floating range alone. With an `uplink` guests
 * get out by it too. Repeated, it changes nothing. Answers the rules, and how nft tells them.
 */
export async function makeHostLink(place, wish) {
  const { layout, uplink, datapath } = wish;
  const { link, namespace } = place;
  forbidForwarding(place, uplink);
  const guarded = uplink ? allowForwarding(place, uplink) : false;
  const written = rules(place, wish, guarded);
  const listed = await writeRules(place, written);
  if (!(await hasLink(link))) {
    // Of one that is gone: the switch would not look for its successor.
    await vsctl(place, "--if-exists", "del-port", "br-ex", inner);
    await ip("link", "add", link, "type", "veth", "peer", "name", inner, "netns", namespace);
  }
  for (const setting of settingsOf(link, uplink !== null))
    if (!isSet(setting)) writeFileSync(fileOf(setting), setting.value);
  // A switch in user space gets frames as they are: their checksums must be done.
  if (datapath === "netdev") await must("ethtool", ["-K", link, "tx", "off"]);
  const addresses = addressesOf(wish).map((address) => `${address}/32`);
  await forgetOthers(link, { addresses, floating: layout.floating });
  for (const address of addresses) await ip("addr", "replace", address, "dev", link);
  await ip("link", "set", link, "up");
  await ip("-n", namespace, "link", "set", inner, "up");
  await vsctl(place, "--may-exist", "add-port", "br-ex", inner);
  await ip("route", "replace", layout.floating, "dev", link, "src", layout.host);
  return { written, listed };
}

/** The rules are as they were made. */
async function rulesHold(place, made) {
  return made.listed !== null && (await listRules(place)) === made.listed;
}

/** The link with its addresses, route and settings, and forwarding, are as wished. */
async function linkStands(place, wish, made) {
  const { link } = place;
  const { layout, uplink } = wish;
  if (uplink) {
    const { on, guarded } = forwardingOf(uplink);
    if (!on || rules(place, wish, guarded) !== made.written) return false;
  }
  if (!(await hasLink(link)) || !settingsOf(link, uplink !== null).every(isSet)) return false;
  const { isUp, addresses, routes } = await readLink(link);
  return (
    isUp &&
    routes.includes(layout.floating) &&
    addressesOf(wish).every((address) => addresses.includes(`${address}/32`))
  );
}

/** What of it somebody changed since it was made: "rules", "link", or null. */
export async function changedOf(place, wish, made) {
  if (!(await rulesHold(place, made))) return "rules";
  return (await linkStands(place, wish, made)) ? null : "link";
}

/** The rules go last: as long as there is a link, they hold. Nothing is said about what is not there. */
export async function removeHostLink(place) {
  if (await hasLink(place.link)) await ip("link", "del", place.link);
  forbidForwarding(place);
  await removeRules(place);
}

/** The same while the switch runs, which a wish for another way out found. */
export async function forgetHostLink(place) {
  await vsctl(place, "--if-exists", "del-port", "br-ex", inner);
  await removeHostLink(place);
}
