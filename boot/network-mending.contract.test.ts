/** What others do to a host under a running network, and what killed runs leave on it: mended, with packets. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  asks,
  closeHost,
  folder,
  host,
  hostAddress,
  hostState,
  inside,
  ip,
  join,
  limit,
  nothing,
  openHost,
  pings,
  plugGuest,
  start,
  stop,
  traces,
  vsctl,
  world,
  worldAddress,
} from "./testing/network-host.ts";

beforeAll(openHost);
afterAll(closeHost);

const rules = () => inside(host, "nft", "list", "ruleset");
const setForwarding = (link: string, value: "0" | "1") =>
  inside(host, "sh", "-c", `echo ${value} > /proc/sys/net/ipv4/conf/${link}/forwarding`);
const forwarding = (link: string) => inside(host, "cat", `/proc/sys/net/ipv4/conf/${link}/forwarding`).trim();
const gatewayOf = (poolStart: string) => poolStart.replace(/\d+$/, "200");
const linksOfHost = () => inside(host, "ip", "-br", "link");

/** Where its tunnels end. */
const addressesOf = ({ namespace }: { namespace: string }) =>
  JSON.parse(inside(namespace, "ip", "-j", "-4", "addr", "show", "br-phy"))[0].addr_info.map(
    ({ local, prefixlen }: { local: string; prefixlen: number }) => `${local}/${prefixlen}`,
  );

/** Without a word to what it runs. */
async function kill({ process: child }: Awaited<ReturnType<typeof start>>): Promise<void> {
  child.kill("SIGKILL");
  await new Promise((resolve) => child.once("exit", resolve));
}

describe("a network whose host is meddled with", () => {
  it("has its rules and its link again, and tells how often the rules were gone", async () => {
    const before = hostState();
    const copy = await start(folder());
    const { place, external, switchState } = copy.network;
    const { start: floating } = external.row.pool;
    const guest = plugGuest(copy.network, floating, gatewayOf(floating));
    await expect.poll(() => pings(host, floating), limit).toBe(true);
    const whole = rules();

    inside(host, "nft", "flush", "ruleset");
    await expect.poll(rules, limit).toBe(whole);
    for (const address of [external.row.hostAddress, hostAddress])
      expect([address, asks(guest, address)]).toEqual([address, null]);
    inside(host, "nft", "add", "rule", "inet", place.table, "forward", "accept");
    await expect.poll(rules, limit).toBe(whole);
    inside(host, "ip", "link", "del", place.link);
    await expect.poll(() => pings(host, floating), limit).toBe(true);
    await expect
      .poll(() => JSON.parse(readFileSync(switchState, "utf8")), limit)
      .toMatchObject({ rulesLost: 2 });

    expect(await stop(copy)).toBe(0);
    expect(hostState()).toEqual(before);
    expect(traces(place)).toEqual(nothing);
  });

  it("leaves forwarding to others once they switch it on, and has its own again when they switch it off", async () => {
    const guard = `iifname "up0" oifname != "mdg-*" drop`;
    const copy = await start(folder(), { MADANG_EXTERNAL: "nat" });
    const { start: floating } = copy.network.external.row.pool;
    const guest = plugGuest(copy.network, floating, gatewayOf(floating));
    await expect.poll(() => asks(guest, worldAddress), limit).toBe(hostAddress);
    expect(rules()).toContain(guard);

    setForwarding("all", "1");
    await expect.poll(rules, limit).not.toContain(guard);
    setForwarding("all", "0");
    await expect.poll(() => forwarding("up0"), limit).toBe("1");
    await expect.poll(rules, limit).toContain(guard);
    await expect.poll(() => asks(guest, worldAddress), limit).toBe(hostAddress);

    setForwarding("all", "1");
    expect(await stop(copy)).toBe(0);
    expect(forwarding("up0"), "others forward").toBe("1");
    setForwarding("all", "0");
  });
});

describe("a start after a killed run", () => {
  it("forgets the ways out that are not wished any more, and loses no card that was lent", async () => {
    join(host, "card0", world, "port0");
    inside(host, "ip", "link", "set", "card0", "down");
    const stateOfHost = () => ({ routes: hostState().routes, rules: rules(), forwarding: forwarding("up0") });
    const before = stateOfHost();
    const data = folder();
    const nat = await start(data, { MADANG_EXTERNAL: "nat" });
    const { place } = nat.network;
    await kill(nat);

    const tunnel = { MADANG_TUNNEL_NIC: "up0", MADANG_TUNNEL_ADDRESS: "203.0.113.77/24" };
    const card = { MADANG_EXTERNAL: "card0", MADANG_EXTERNAL_CIDR: "198.51.100.0/24" };
    const lent = await start(data, { ...card, ...tunnel });
    expect(addressesOf(place)).toEqual(["203.0.113.77/24"]);
    expect(linksOfHost()).not.toMatch(/card0|mdg-/);
    expect(stateOfHost()).toEqual(before);
    expect(vsctl(place, "list-ports", "br-ex").split("\n")).toEqual(["card0"]);
    await kill(lent);

    // The file of the namespace without its mount; the switch still holds the namespace.
    inside(host, "umount", `/run/netns/${place.namespace}`);
    const isolated = await start(data);
    expect(addressesOf(place)).toEqual(["198.18.0.1/32"]);
    expect(inside(place.namespace, "ip", "-br", "link")).not.toContain("tunnel0");
    expect(linksOfHost()).toContain("card0");
    expect(linksOfHost()).toContain(place.link);
    expect(vsctl(place, "list-ports", "br-ex").split("\n")).toEqual(["mdg-ext"]);
    expect(await stop(isolated)).toBe(0);
    expect(stateOfHost()).toEqual(before);

    const again = await start(data, card);
    await kill(again);
    const none = await start(data, { MADANG_NETWORK: "none" });
    expect(linksOfHost()).toContain("card0");
    expect(traces(place)).toEqual(nothing);
    expect(await stop(none)).toBe(0);
  });

  it("makes a namespace whose file alone was left", async () => {
    const data = folder();
    const first = await start(data);
    const { place } = first.network;
    expect(await stop(first)).toBe(0);
    ip("netns", "add", place.namespace);
    inside(host, "umount", `/run/netns/${place.namespace}`);
    const second = await start(data);
    expect(second.network.place.namespace).toBe(place.namespace);
    expect(await stop(second)).toBe(0);
    expect(traces(place)).toEqual(nothing);
  });
});
