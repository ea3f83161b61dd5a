import type { SecurityRuleSpec } from "@madang/core/network/topology";
import { describe, expect, it } from "vitest";
import { matchOf } from "./security.ts";

const friends = "22222222-2222-4222-8222-222222222222";
const known = new Set([friends]);
const rule: SecurityRuleSpec = {
  id: "rule",
  direction: "ingress",
  etherType: "IPv4",
  protocol: null,
  portMin: null,
  portMax: null,
  remoteCidr: null,
  remoteGroupId: null,
};
const remote = "$pg_22222222_2222_4222_8222_222222222222";

describe("a rule's match", () => {
  it.for<[string, Partial<SecurityRuleSpec>, string | null]>([
    ["anything in", {}, "outport == @g && ip4"],
    ["anything out, IPv6", { direction: "egress", etherType: "IPv6" }, "inport == @g && ip6"],
    ["one port", { protocol: 6, portMin: 22, portMax: 22 }, "outport == @g && ip4 && tcp && tcp.dst == 22"],
    [
      "a range of ports",
      { protocol: 17, portMin: 5000, portMax: 5010 },
      "outport == @g && ip4 && udp && udp.dst >= 5000 && udp.dst <= 5010",
    ],
    ["all ports", { protocol: 132 }, "outport == @g && ip4 && sctp"],
    [
      "port 0 and up",
      { protocol: 6, portMax: 5 },
      "outport == @g && ip4 && tcp && tcp.dst >= 0 && tcp.dst <= 5",
    ],
    [
      "ping",
      { protocol: 1, portMin: 8, portMax: 0 },
      "outport == @g && ip4 && icmp4 && icmp4.type == 8 && icmp4.code == 0",
    ],
    ["any ICMP", { protocol: 1 }, "outport == @g && ip4 && icmp4"],
    [
      "a type of ICMPv6",
      { protocol: 58, etherType: "IPv6", portMin: 128 },
      "outport == @g && ip6 && icmp6 && icmp6.type == 128",
    ],
    ["another protocol", { protocol: 47 }, "outport == @g && ip4 && ip.proto == 47"],
    ["a range of addresses", { remoteCidr: "10.0.0.0/8" }, "outport == @g && ip4 && ip4.src == 10.0.0.0/8"],
    [
      "to a range",
      { direction: "egress", remoteCidr: "10.0.0.0/8" },
      "inport == @g && ip4 && ip4.dst == 10.0.0.0/8",
    ],
    ["anybody", { remoteCidr: "0.0.0.0/0" }, "outport == @g && ip4"],
    ["a group", { remoteGroupId: friends }, `outport == @g && ip4 && ip4.src == ${remote}_ip4`],
    [
      "a group, IPv6",
      { remoteGroupId: friends, etherType: "IPv6" },
      `outport == @g && ip6 && ip6.src == ${remote}_ip6`,
    ],
    ["nobody, of a group that is gone", { remoteGroupId: "gone" }, null],
    ["nothing, of ports that OVN can't see", { protocol: 33, portMin: 1, portMax: 1 }, null],
  ])("says %s", ([, change, match]) => {
    expect(matchOf({ ...rule, ...change }, "g", known)).toBe(match);
  });
});
