/**
 * The network of npm start, for real: on a host that is a network namespace of the test's own, with the world behind it in
 * another. Read back by the programs that people use, with packets.
 */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  addNamespace,
  asks,
  authority,
  type Certificates,
  closeHost,
  folder,
  host,
  hostAddress,
  hostState,
  id,
  inside,
  ip,
  join,
  limit,
  nbctl,
  nothing,
  openHost,
  pings,
  plug,
  plugGuest,
  serve,
  settingsOf,
  start,
  stop,
  traces,
  vsctl,
  world,
  worldAddress,
} from "./testing/network-host.ts";

beforeAll(openHost);
afterAll(closeHost);

describe("the network of a copy", () => {
  it("leads its external network to its host alone, comes back when the switch is killed, and leaves nothing", async () => {
    const before = hostState();
    const { network, ...copy } = await start(folder());
    const { place, external } = network;
    expect(network.kind).toBe("ovn");
    expect(vsctl(place, "list-br").split("\n").toSorted()).toEqual(["br-ex", "br-int", "br-phy"]);
    expect(vsctl(place, "get", "bridge", "br-int", "datapath_type")).toBe(network.datapath);
    expect(inside(host, "nft", "list", "table", "inet", place.table)).toContain(
      `iifname "${place.link}" drop`,
    );
    const floating = external.row.pool.start;
    const guest = plugGuest(network, floating, external.row.pool.start.replace(/\d+$/, "200"));
    await serve(guest);

    await expect.poll(() => pings(host, floating), limit).toBe(true);
    await expect.poll(() => asks(host, floating), limit).toBe(external.row.hostAddress);
    await expect
      .poll(() => pings(guest, external.row.hostAddress), { ...limit, message: "the host answers pings" })
      .toBe(true);
    expect(pings(guest, hostAddress), "but not at its other addresses").toBe(false);
    for (const address of [external.row.hostAddress, hostAddress, worldAddress])
      expect([address, asks(guest, address)]).toEqual([address, null]);

    const pid = Number(readFileSync(`${place.data}/run/ovs-vswitchd.pid`, "utf8").split(" ")[0]);
    process.kill(pid, "SIGKILL");
    await expect.poll(() => pings(host, floating), limit).toBe(true);
    await expect
      .poll(() => JSON.parse(readFileSync(network.switchState, "utf8")), limit)
      .toMatchObject({
        switchEnds: 1,
      });

    expect(await stop({ network, ...copy })).toBe(0);
    expect(hostState()).toEqual(before);
    expect(traces(place)).toEqual(nothing);
  });

  it("goes on without its supervisor, and is adopted by the next", async () => {
    const data = folder();
    const first = await start(data);
    const { place, external } = first.network;
    const floating = external.row.pool.start;
    plugGuest(first.network, floating, external.row.pool.start.replace(/\d+$/, "200"));
    await expect.poll(() => pings(host, floating), limit).toBe(true);
    const pids = () =>
      ["ovsdb", "ovs-vswitchd", "ovn-controller"].map((name) =>
        readFileSync(`${data}/run/${name}.pid`, "utf8"),
      );
    const lasting = pids();
    first.process.kill("SIGKILL");
    await new Promise((resolve) => first.process.once("exit", resolve));
    await expect.poll(() => pings(host, floating), { ...limit, message: "nobody supervises" }).toBe(true);

    const second = await start(data);
    expect(pids()).toEqual(lasting);
    expect(second.network.external).toEqual(external);
    await expect.poll(() => pings(host, floating), limit).toBe(true);
    expect(await stop(second)).toBe(0);
    expect(traces(place)).toEqual(nothing);
  });

  it("is removed by the next start that wants none", async () => {
    const before = hostState();
    const data = folder();
    const first = await start(data);
    first.process.kill("SIGKILL");
    await new Promise((resolve) => first.process.once("exit", resolve));
    expect(traces(first.network.place)).not.toEqual(nothing);
    const second = await start(data, { MADANG_NETWORK: "none" });
    expect(second.network).toEqual({ kind: "none", why: "MADANG_NETWORK=none" });
    expect(traces(first.network.place)).toEqual(nothing);
    expect(hostState()).toEqual(before);
    expect(await stop(second)).toBe(0);
  });

  it("leads out by the host's address where it is asked to, beside another copy, and undoes that too", async () => {
    const before = hostState();
    const [one, other] = await Promise.all([start(folder()), start(folder(), { MADANG_EXTERNAL: "nat" })]);
    expect(one.network.external.row.cidr).not.toBe(other.network.external.row.cidr);
    const { external, place } = other.network;
    const guest = plugGuest(
      other.network,
      external.row.pool.start,
      external.row.pool.start.replace(/\d+$/, "200"),
    );
    await expect.poll(() => asks(guest, worldAddress), limit).toBe(hostAddress);
    for (const address of [external.row.hostAddress, external.row.gateway, hostAddress])
      expect([address, asks(guest, address)]).toEqual([address, null]);
    expect(pings(guest, one.network.external.row.hostAddress), "the other copy's network").toBe(false);

    expect(await stop(one)).toBe(0);
    await expect
      .poll(() => asks(guest, worldAddress), { ...limit, message: "the other copy goes on" })
      .toBe(hostAddress);
    expect(await stop(other)).toBe(0);
    expect(hostState()).toEqual(before);
    expect([traces(one.network.place), traces(place)]).toEqual([nothing, nothing]);
  });

  it("tunnels to another hypervisor, which dials its southbound database with a certificate", async () => {
    const other = `mt-${id}-other`;
    addNamespace(other);
    join(host, "under0", other, "under1");
    ip("-n", host, "addr", "add", "192.0.2.10/24", "dev", "under0");
    ip("-n", other, "addr", "add", "192.0.2.20/24", "dev", "under1");
    const [ours, theirs] = [authority(folder()), authority(folder())];
    const there = settingsOf(ours("there"));
    const southbound = "192.0.2.10:6642";
    const first = await start(folder(), {
      ...{ MADANG_OVN_SB_LISTEN: southbound, MADANG_OVN_SB_RBAC: "1", ...settingsOf(ours("here")) },
      ...{ MADANG_TUNNEL_NIC: "under0", MADANG_TUNNEL_ADDRESS: "192.0.2.11/24" },
    });
    const lone = await start(
      folder(),
      { MADANG_OVN_SB: `ssl:${southbound}`, ...there },
      { namespace: other, role: "further" },
    );
    expect(lone.network).toMatchObject({ kind: "none", why: expect.stringContaining("MADANG_TUNNEL_NIC") });
    await stop(lone);
    const further = await start(
      folder(),
      {
        ...{ MADANG_OVN_SB: `ssl:${southbound}`, ...there },
        ...{ MADANG_TUNNEL_NIC: "under1", MADANG_TUNNEL_ADDRESS: "192.0.2.21/24" },
      },
      { namespace: other, role: "further" },
    );
    const guest = plugGuest(first.network, "172.24.4.128", "172.24.4.200");
    nbctl(
      first.network.place,
      ..."lsp-add net far -- lsp-set-addresses far".split(" "),
      "fa:16:3e:00:00:12 10.0.1.12",
    );
    const isReached = () => JSON.parse(readFileSync(further.network.switchState, "utf8")).reached;
    expect(isReached(), "no chassis yet").toBe(false);
    vsctl(further.network.place, "set", "Open_vSwitch", ".", "external-ids:system-id=there");
    await expect.poll(isReached, limit).toBe(true);
    const far = `mt-${id}-far`;
    plug(further.network.place, far, "far", "fa:16:3e:00:00:12", "10.0.1.12");
    await serve(guest);
    await expect.poll(() => asks(far, "10.0.1.11"), limit).toBe("10.0.1.12");

    const { ca } = ours("elsewhere");
    const dial = ({ certificate, key }: Certificates, ...words: string[]) => {
      const files = ["-p", key, "-c", certificate, "-C", ca];
      return inside(other, "ovn-sbctl", `--db=ssl:${southbound}`, ...files, "--timeout=5", ...words);
    };
    expect(dial(ours("elsewhere"), "show")).toContain("Chassis there");
    expect(() => dial(ours("elsewhere"), "chassis-del", "there"), "another's row").toThrow("RBAC");
    expect(() => dial(theirs("there"), "show"), "signed by another authority").toThrow();

    for (const copy of [further, first]) expect(await stop(copy)).toBe(0);
    for (const { network } of [further, first]) expect(traces(network.place)).toEqual(nothing);
  });

  it("borrows a network card and gives it back", async () => {
    join(host, "card0", world, "port0");
    ip("-n", world, "addr", "add", "198.51.100.1/24", "dev", "port0");
    ip("-n", host, "link", "set", "card0", "down");
    const before = hostState();
    const settings = { MADANG_EXTERNAL: "card0", MADANG_EXTERNAL_CIDR: "198.51.100.0/24" };
    const copy = await start(folder(), settings);
    expect(inside(host, "ip", "-br", "link")).not.toContain("card0");
    const guest = plugGuest(copy.network, "198.51.100.130", "198.51.100.200");
    await expect.poll(() => pings(world, "198.51.100.130"), limit).toBe(true);
    await expect.poll(() => asks(guest, "198.51.100.1"), limit).toBe("198.51.100.130");
    expect(await stop(copy)).toBe(0);
    const after = hostState();
    const stateless = (links: string) =>
      JSON.parse(links)
        .map(({ ifname, operstate }: { ifname: string; operstate: string }) => [ifname, operstate])
        .toSorted();
    expect(stateless(after.links)).toEqual(stateless(before.links));
    expect(after.routes).toBe(before.routes);
    expect(traces(copy.network.place)).toEqual(nothing);
  });
});
