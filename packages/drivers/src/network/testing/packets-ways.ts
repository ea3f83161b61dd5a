/** What routers and rules do to packets that an office seldom sends: ways of their own, no SNAT, IPv6, too few chassis. */
import type { Topology } from "@madang/core/network/topology";
import { expect, it } from "vitest";
import type { LabGuest } from "./lab-guest.ts";
import { type Office, ruleOf, tcp, withPort, withRouter, withRules } from "./office.ts";
import type { OvnHarness } from "./ovn-harness.ts";
import { externalGateway } from "./ovn-lab.ts";

export type Stage = {
  harness: OvnHarness;
  place: Office;
  guests: Record<keyof Office["ports"], LabGuest>;
  outside: LabGuest;
};

export type Director = {
  stage: () => Stage;
  web: number;
  ensure: (topology: Topology) => Promise<unknown>;
  comes: (what: string, ask: () => Promise<boolean>) => Promise<unknown>;
  meets: (who: LabGuest, address: string, as: string | null) => Promise<unknown>;
};

export function waysContract({ stage, web, ensure, comes, meets }: Director): void {
  it("sends by a static route what it is for", async () => {
    const { guests, place } = stage();
    const { topology, router, ports } = place;
    const [range, there] = ["203.0.113.0/24", "203.0.113.9"];
    await guests.a3.become(`addr add ${there}/32 dev lo`);
    expect(await guests.a1.connect(there, web, 1)).toBeNull();
    const speaking = withPort(topology, ports.a3.id, {
      allowedAddressPairs: [{ address: range, mac: null }],
    });
    await ensure(withRouter(speaking, router.id, { routes: [{ destination: range, nextHop: "10.0.2.13" }] }));
    await meets(guests.a1, there, "a3 10.0.1.11");
    await ensure(topology);
    await meets(guests.a1, there, null);
    await guests.a3.become(`addr del ${there}/32 dev lo`);
  });

  it("translates floating IPs and nothing else where SNAT is off", async () => {
    const { guests, outside, place } = stage();
    const { topology, router, floating } = place;
    await ensure(withRouter(topology, router.id, { snat: false }));
    await meets(guests.a2, externalGateway, null);
    expect(await guests.a1.connect(externalGateway, web)).toBe(`outside ${floating.address}`);
    expect(await outside.connect(floating.address, web)).toBe(`a1 ${externalGateway}`);
    // With a way back it is seen as who it is.
    await outside.become("route add 10.0.1.0/24 via 172.24.4.100 dev eth0");
    await meets(guests.a2, externalGateway, "outside 10.0.1.12");
    await outside.become("route del 10.0.1.0/24 via 172.24.4.100 dev eth0");
    await ensure(topology);
    await meets(guests.a2, externalGateway, "outside 172.24.4.100");
  });

  it("tells senders outside how much gets through to a tenant", async () => {
    const { outside, place } = stage();
    const { address } = place.floating;
    const path = async () => outside.exec("ip", "route", "get", address);
    expect(await path()).not.toContain("mtu");
    await comes("what gets through", async () => {
      await outside.attempt("busybox", "ping", "-s", "1450", "-c", "1", "-W", "1", address);
      return (await path()).includes("mtu 1442");
    });
  });

  it("opens and closes what a rule of IPv6 says", async () => {
    const { guests, place } = stage();
    const { topology, ours, ports } = place;
    const [mine, theirs, port] = ["fd00:1::11", "fd00:1::12", 8086];
    const speaking = [
      [ports.a1.id, mine],
      [ports.a2.id, theirs],
    ].reduce(
      (before, [id = "", address = ""]) =>
        withPort(before, id, { allowedAddressPairs: [{ address, mac: null }] }),
      topology,
    );
    const v6 = { etherType: "IPv6" } as const;
    const out = ruleOf("egress", v6);
    const withIn = (...rules: ReturnType<typeof ruleOf>[]) =>
      ensure(withRules(speaking, ours.id, [...ours.rules, out, ...rules]));
    await guests.a1.become(`-6 addr add ${mine}/64 dev eth0 nodad`);
    await guests.a2.become(`-6 addr add ${theirs}/64 dev eth0 nodad`);
    await guests.a2.serve("a2", port, "::");
    await withIn(tcp(port, { ...v6, remoteCidr: "fd00:1::/64" }));
    await comes("the rule", async () => (await guests.a1.connect(theirs, port)) === `a2 ${mine}`);
    expect(await guests.a1.pings(theirs)).toBe(false);
    await withIn(ruleOf("ingress", { ...v6, protocol: 58, portMin: 128 }));
    await comes("ICMPv6", () => guests.a1.pings(theirs));
    expect(await guests.a1.connect(theirs, port, 1)).toBeNull();
    await withIn(tcp(port, { ...v6, remoteCidr: "fd00:2::/64" }));
    await comes("ICMPv6 to end", async () => !(await guests.a1.pings(theirs)));
    expect(await guests.a1.connect(theirs, port, 1)).toBeNull();
    await guests.a1.become(`-6 addr del ${mine}/64 dev eth0`);
    await guests.a2.become(`-6 addr del ${theirs}/64 dev eth0`);
    await ensure(topology);
  });

  it("has no gateway that stands in for another where only two chassis are left", async () => {
    const { harness, guests, outside, place } = stage();
    const [first, second, third] = harness.lab.chassis;
    const gateway = async () => (await harness.driver.observe()).gateways?.get(place.router.id);
    const neighbours = async () => {
      const said = await second?.vsctl("--bare", "--columns=bfd_status", "find", "interface", "type=geneve");
      return said?.match(/(?<!remote_)state=up/g)?.length ?? 0;
    };
    expect(await guests.a2.connect(externalGateway, web)).toBe("outside 172.24.4.100");
    await third?.vswitchd.end("SIGKILL");
    await comes("one neighbour less", async () => (await neighbours()) === 1);
    await first?.vswitchd.end("SIGKILL");
    await comes("no neighbour", async () => (await neighbours()) === 0);
    // As long as three chassis need several times over.
    for (let tries = 0; tries < 3; tries++)
      expect(await guests.a2.connect(externalGateway, web, 1)).toBeNull();
    third?.vswitchd.start();
    await comes("the second to be the gateway", async () => (await gateway()) === second?.name);
    await meets(guests.a2, externalGateway, "outside 172.24.4.100");
    first?.vswitchd.start();
    await comes("the first again", async () => (await gateway()) === first?.name);
    await meets(outside, place.floating.address, `a1 ${externalGateway}`);
  });
}
