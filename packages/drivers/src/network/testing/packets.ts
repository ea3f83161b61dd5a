/** What only packets can tell of OVN's driver: an office of guests on three chassis, who try what they may and may not. */
import type { Topology } from "@madang/core/network/topology";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until } from "../../hypervisor/testing/until.ts";
import { guestIn, type LabGuest, plugGuest } from "./lab-guest.ts";
import {
  defaultGroup,
  networkOf,
  type Office,
  office,
  ping,
  portOf,
  subnetOf,
  tcp,
  withPort,
  withRules,
} from "./office.ts";
import type { OvnHarness } from "./ovn-harness.ts";
import { externalGateway, physicalNetwork } from "./ovn-lab.ts";
import { waysContract } from "./packets-ways.ts";

type Guests = Record<keyof Office["ports"], LabGuest>;

const web = 8080;

export function packetContract(makeHarness: () => Promise<OvnHarness>): void {
  describe("packets through OVN", () => {
    let harness: OvnHarness;
    let place: Office;
    let guests: Guests;
    let outside: LabGuest;
    const ensure = (topology: Topology) => harness.driver.ensure(topology, AbortSignal.timeout(60_000));

    beforeAll(async () => {
      harness = await makeHarness();
      place = office(harness.chassis);
      await ensure(place.topology);
      const { lab } = harness;
      outside = guestIn(lab, lab.outside);
      const plug = (name: keyof Guests) => {
        const port = place.ports[name];
        const chassis = lab.chassis.find((one) => one.name === port.hypervisorId);
        if (!chassis) throw new Error(`no chassis for ${name}`);
        return plugGuest(lab, chassis, port);
      };
      const [a1, a2, a3, loner, b1, b2] = await Promise.all(
        (["a1", "a2", "a3", "loner", "b1", "b2"] as const).map(plug),
      );
      if (!a1 || !a2 || !a3 || !loner || !b1 || !b2) throw new Error("not all guests are plugged");
      guests = { a1, a2, a3, loner, b1, b2 };
    });
    afterAll(() => harness?.close());

    /** Until it holds: changes take effect when the chassis have heard of them. */
    const comes = (what: string, ask: () => Promise<boolean>) => until(what, ask, 30_000);
    const meets = (who: LabGuest, address: string, as: string | null) =>
      comes(
        `${address} to answer ${as}`,
        async () => (await who.connect(address, web, as === null ? 1 : 2)) === as,
      );

    it("tells which ports are up", async () => {
      await comes("all ports", async () => {
        const { ports } = await harness.driver.observe();
        const up = ports.flatMap((port) => (port.up ? [port.portId] : []));
        return Object.values(place.ports).every(({ id }) => up.includes(id));
      });
    });

    it("leases addresses with MTU, DNS and routes", async () => {
      const [a1] = await Promise.all(Object.values(guests).map((guest) => guest.lease()));
      expect(a1).toEqual({
        address: "10.0.1.11/24",
        mtu: "1442",
        router: "10.0.1.1",
        dns: "9.9.9.9 1.1.1.1",
        routes: "169.254.169.254/32 10.0.1.2 0.0.0.0/0 10.0.1.1",
      });
      await Promise.all(Object.entries(guests).map(([name, guest]) => guest.serve(name, web)));
      await outside.serve("outside", web);
    });

    it("carries packets within a network, and between two by their router", async () => {
      const { a1 } = guests;
      // The first packet to a new tunnel's end is lost while its neighbour is asked for.
      for (const address of ["10.0.1.12", "10.0.2.13"]) await comes(address, () => a1.pings(address));
      for (const address of ["10.0.1.1", "10.0.1.12", "10.0.2.13"])
        expect(await a1.pings(address)).toBe(true);
      expect(await a1.connect("10.0.1.12", web)).toBe("a2 10.0.1.11");
      expect(await a1.connect("10.0.2.13", web)).toBe("a3 10.0.1.11");
    });

    it("keeps the same addresses of two tenants apart", async () => {
      await comes("b1", () => guests.b2.pings("10.0.1.11"));
      expect(await guests.b2.connect("10.0.1.11", web)).toBe("b1 10.0.1.12");
      expect(await guests.a2.connect("10.0.1.11", web)).toBe("a1 10.0.1.12");
    });

    it("lets guests out by their router's address, and by their floating IP", async () => {
      await comes("outside", () => guests.a2.pings(externalGateway));
      expect(await guests.a2.connect(externalGateway, web)).toBe("outside 172.24.4.100");
      expect(await guests.a3.connect(externalGateway, web)).toBe("outside 172.24.4.100");
      expect(await guests.a1.connect(externalGateway, web)).toBe("outside 172.24.4.111");
      await comes("outside for the other", () => guests.b1.pings(externalGateway));
      expect(await guests.b1.connect(externalGateway, web)).toBe("outside 172.24.4.101");
    });

    it("brings in by the floating IP, and by it alone, and moves it", async () => {
      const { floating, ports, topology } = place;
      await comes("the floating IP", () => outside.pings(floating.address));
      expect(await outside.connect(floating.address, web)).toBe(`a1 ${externalGateway}`);
      // Another tenant comes from outside too, and so does a neighbour that uses the outer address.
      expect(await guests.b1.connect(floating.address, web)).toBe("a1 172.24.4.101");
      expect(await guests.a2.connect(floating.address, web)).toBe("a1 172.24.4.100");
      expect(await guests.a3.connect(floating.address, web)).toBe("a1 172.24.4.100");
      const moved = { ...floating, portId: ports.a2.id, fixedAddress: "10.0.1.12" };
      await ensure({ ...topology, floatingIps: [moved] });
      await meets(outside, floating.address, `a2 ${externalGateway}`);
      await ensure({ ...topology, floatingIps: [] });
      await meets(outside, floating.address, null);
      await ensure(topology);
      await meets(outside, floating.address, `a1 ${externalGateway}`);
    });

    it("opens and closes what a rule says, and nothing else", async () => {
      const { topology, ours } = place;
      const closed = ours.rules.filter(({ portMin }) => portMin !== web);
      expect(await guests.a1.connect("10.0.1.14", web)).toBeNull();
      await ensure(withRules(topology, ours.id, closed));
      await meets(outside, place.floating.address, null);
      expect(await outside.pings(place.floating.address)).toBe(true);
      await ensure(withRules(topology, ours.id, [...closed, tcp(web, { remoteCidr: "172.24.4.0/24" })]));
      await meets(outside, place.floating.address, `a1 ${externalGateway}`);
      await ensure(withRules(topology, ours.id, [...closed, tcp(web, { remoteCidr: "192.0.2.0/24" })]));
      await meets(outside, place.floating.address, null);
      await ensure(topology);
      await meets(outside, place.floating.address, `a1 ${externalGateway}`);
    });

    it("lets the members of a remote group in, as long as they are", async () => {
      const { topology, ours, ports } = place;
      const friends = defaultGroup();
      const closed = [
        ...ours.rules.filter(({ portMin }) => portMin !== web),
        tcp(web, { remoteGroupId: friends.id }),
      ];
      const base = withRules(topology, ours.id, closed);
      const withFriends = { ...base, securityGroups: [...base.securityGroups, friends] };
      const { loner } = guests;
      await ensure(withFriends);
      expect(await loner.connect("10.0.1.12", web)).toBeNull();
      await ensure(withPort(withFriends, ports.loner.id, { securityGroupIds: [friends.id] }));
      await meets(loner, "10.0.1.12", "a2 10.0.1.14");
      await ensure(withFriends);
      await meets(loner, "10.0.1.12", null);
      await ensure(topology);
    });

    it("drops what a guest sends as somebody else", async () => {
      const { a1, a2 } = guests;
      const { ours, topology, ports } = place;
      const open = withRules(topology, ours.id, [
        ...ours.rules,
        { ...tcp(web), protocol: 17, portMin: null, portMax: null },
      ]);
      await ensure(open);
      const seen = await a2.watch("ether src fa:16:3e:66:66:66 or host 10.0.1.66 or udp");
      await comes("datagrams", async () => {
        await a1.send(1067, "10.0.1.12", 1068);
        return seen.lines().some((line) => line.includes("10.0.1.11.1067 > 10.0.1.12.1068"));
      });
      await a1.send(67, "10.0.1.12", 68);
      await a1.become("addr add 10.0.1.66/24 dev eth0");
      await a1.exec("busybox", "arping", "-U", "-c", "2", "-I", "eth0", "-s", "10.0.1.66", "10.0.1.66");
      await a1.attempt("busybox", "ping", "-c", "1", "-W", "1", "-I", "10.0.1.66", "10.0.1.12");
      await a1.become("addr del 10.0.1.66/24 dev eth0", "link set eth0 address fa:16:3e:66:66:66");
      expect(await a1.pings("10.0.1.12")).toBe(false);
      await a1.become(`link set eth0 address ${ports.a1.mac}`, "route replace default via 10.0.1.1 dev eth0");
      await comes("the last datagram", async () => {
        await a1.send(2067, "10.0.1.12", 2068);
        return seen.lines().some((line) => line.includes("10.0.1.11.2067 > 10.0.1.12.2068"));
      });
      const spoofed = seen.lines().filter((line) => /66:66:66|10\.0\.1\.66|\.67 > .*\.68/.test(line));
      expect(spoofed).toEqual([]);
      seen.stop();
      await ensure(topology);
    });

    it("lets a guest speak for addresses that were allowed to it", async () => {
      const { a1, a2 } = guests;
      const { topology, ports } = place;
      const pair = { address: "10.0.1.200/31", mac: null };
      await a1.become("addr add 10.0.1.200/24 dev eth0");
      expect(await a2.pings("10.0.1.200")).toBe(false);
      await ensure(withPort(topology, ports.a1.id, { allowedAddressPairs: [pair] }));
      await comes("the allowed address", () => a2.pings("10.0.1.200"));
      await ensure(topology);
      await comes("it to be forbidden", async () => !(await a2.pings("10.0.1.200")));
      await a1.become("addr del 10.0.1.200/24 dev eth0");
    });

    it("tags what guests of a VLAN network send outside", async () => {
      const { topology, ours } = place;
      const [, second] = harness.lab.chassis;
      if (!second) throw new Error("one chassis only");
      const tagged = { type: "vlan", physicalNetwork, segmentationId: 100 } as const;
      const vlan = { ...networkOf("vlan", subnetOf("10.0.9")), ...tagged };
      const port = portOf(vlan, "10.0.9.11", second.name, ours.id);
      await ensure({
        ...topology,
        networks: [...topology.networks, vlan],
        ports: [...topology.ports, port],
      });
      const guest = await plugGuest(harness.lab, second, port);
      await guest.lease();
      const seen = await outside.watch("vlan 100");
      await comes("a tagged frame", async () => {
        await guest.pings("10.0.9.77");
        return seen.lines().some((line) => line.includes("vlan 100") && line.includes("10.0.9.77"));
      });
      seen.stop();
      await ensure(topology);
    });

    it("repairs a port that was taken away, leaving others' rows as they are", async () => {
      const { nbctl } = harness.lab;
      const [group] = (
        await nbctl("--bare", "--columns=name", "find", "Port_Group", "external_ids:madang\\:kind=drop-group")
      ).split("\n");
      await nbctl("ls-add", "foreign", "--", "lsp-add", "foreign", "foreign-port");
      await nbctl(
        "--type=port-group",
        "acl-add",
        group ?? "",
        "to-lport",
        "5",
        "ip4.src == 192.0.2.1",
        "drop",
      );
      const foreign = () =>
        Promise.all([
          nbctl("show", "foreign"),
          nbctl("--bare", "--columns=_uuid,match,external_ids", "find", "ACL", "priority=5"),
        ]);
      const before = await foreign();
      await harness.losePort(place.ports.a2.id);
      await comes("a2 to be cut off", async () => !(await guests.a1.pings("10.0.1.12")));
      await ensure(place.topology);
      await comes("a2", () => guests.a1.pings("10.0.1.12"));
      expect(await foreign()).toEqual(before);
      expect(before[1]).toContain("192.0.2.1");
      await nbctl("ls-del", "foreign");
    });

    it("carries on without its databases, and then obeys", async () => {
      const { topology, ours, ports, floating } = place;
      const closed = withRules(topology, ours.id, []);
      const moved = { ...floating, portId: ports.a2.id, fixedAddress: "10.0.1.12" };
      const last = { ...topology, floatingIps: [moved] };
      await harness.vanish();
      for (const asked of await Promise.allSettled([closed, last, closed].map(ensure)))
        expect(asked).toMatchObject({ status: "rejected", reason: { code: "Unavailable" } });
      expect(await guests.a1.connect("10.0.2.13", web)).toBe("a3 10.0.1.11");
      await harness.appear();
      await comes("the databases to obey", () =>
        ensure(last).then(
          () => true,
          () => false,
        ),
      );
      await meets(outside, floating.address, `a2 ${externalGateway}`);
      await ensure(closed);
      await meets(outside, floating.address, null);
      await ensure(topology);
      await meets(outside, place.floating.address, `a1 ${externalGateway}`);
    });

    it("obeys after ovn-controller was killed, whose guests noticed nothing", async () => {
      const { topology, ours, floating } = place;
      const { controller } = harness.lab.chassis[0] ?? {};
      await controller?.end("SIGKILL");
      expect(await guests.a1.connect("10.0.1.12", web)).toBe("a2 10.0.1.11");
      await ensure(withRules(topology, ours.id, [ping()]));
      controller?.start();
      await meets(outside, floating.address, null);
      await ensure(topology);
      await meets(outside, floating.address, `a1 ${externalGateway}`);
    });

    it("lets another chassis be the gateway of one that died", async () => {
      const { topology, router } = place;
      const { vswitchd } = harness.lab.chassis[0] ?? {};
      // A guest elsewhere: those of the dead chassis are dead too.
      expect(await guests.a2.connect(externalGateway, web)).toBe("outside 172.24.4.100");
      await vswitchd?.end("SIGKILL");
      await comes("the next gateway", async () => (await guests.a2.connect(externalGateway, web)) !== null);
      await comes(
        "it to be told",
        async () => (await harness.driver.observe()).gateways?.get(router.id) === harness.chassis[1],
      );
      vswitchd?.start();
      await comes(
        "the first one again",
        async () => (await harness.driver.observe()).gateways?.get(router.id) === harness.chassis[0],
      );
      await meets(outside, place.floating.address, `a1 ${externalGateway}`);
      expect(await ensure(topology)).toEqual({ changed: 0, refused: [] });
    });

    it("lets no chassis be a gateway that has no bridge outside", async () => {
      const { topology, router } = place;
      const [first] = harness.lab.chassis;
      const mappings = "external-ids:ovn-bridge-mappings";
      const gateway = async () => (await harness.driver.observe()).gateways?.get(router.id);
      await first?.vsctl("set", "Open_vSwitch", ".", `${mappings}=elsewhere:br-ex`);
      await comes("another gateway", async () => {
        await ensure(topology);
        return (await gateway()) === harness.chassis[1];
      });
      await first?.vsctl("set", "Open_vSwitch", ".", `${mappings}=${physicalNetwork}:br-ex`);
      await comes("the first one again", async () => {
        await ensure(topology);
        return (await gateway()) === harness.chassis[0];
      });
      await meets(outside, place.floating.address, `a1 ${externalGateway}`);
    });

    const stage = () => ({ harness, place, guests, outside });
    waysContract({ stage, web, ensure, comes, meets });

    it("removes a tenant, of whom nothing is left, while the other goes on", async () => {
      const { topology, other, otherRouter, theirs } = place;
      const gone = [other.id, otherRouter.id, theirs.id];
      const kept = <Row extends { id: string }>(rows: readonly Row[]) =>
        rows.filter(({ id }) => !gone.includes(id));
      await ensure({
        ...topology,
        networks: kept(topology.networks),
        routers: kept(topology.routers),
        ports: topology.ports.filter(({ networkId }) => networkId !== other.id),
        securityGroups: kept(topology.securityGroups),
      });
      expect(await guests.a1.connect("10.0.1.12", web)).toBe("a2 10.0.1.11");
      const left = await harness.lab.nbctl("show");
      for (const id of [...gone, place.ports.b1.id, place.ports.b2.id]) expect(left).not.toContain(id);
      await comes("b1 to be cut off", async () => (await guests.b2.connect("10.0.1.11", web)) === null);
    });

    it("ran without an emergency of the switch", async () => {
      for (const { log } of harness.lab.chassis) {
        expect(await outside.exec("cat", log)).not.toContain("|EMER|");
      }
    });
  });
}
