import fc from "fast-check";
import { expect, test } from "vitest";
import { remoteRangeOf } from "./remote-cidr.ts";
import { ruleFields, ruleKey, ruleText } from "./security-rule.ts";

const tcp = { direction: "ingress", protocol: "tcp", portMin: 22, portMax: 22 } as const;

function faultOf(fields: object): [field: string, reason: string] | null {
  const parsed = ruleFields.safeParse({ ...tcp, ...fields });
  const issue = parsed.error?.issues[0];
  return issue ? [issue.path.join("."), issue.message] : null;
}

const icmp = { protocol: "icmp", portMin: null, portMax: null };

test.each([
  [{}, null],
  [{ portMin: 1, portMax: 65_535 }, null],
  [{ portMin: 0, portMax: 22 }, ["portMin", "portRange"]],
  [{ portMin: 22, portMax: 65_536 }, ["portMax", "portRange"]],
  [{ portMin: -1 }, ["portMin", "portRange"]],
  [{ portMin: 22.5 }, ["portMin", "portRange"]],
  [{ portMin: 90, portMax: 80 }, ["portMax", "portsBackwards"]],
  [{ portMax: null }, ["portMax", "portsBoth"]],
  [{ portMin: null }, ["portMin", "portsBoth"]],
  [{ portMin: null, portMax: null }, null],
  [{ protocol: null }, ["portMin", "portsNotOfThis"]],
  [{ protocol: "gre" }, ["portMin", "portsNotOfThis"]],
  [{ protocol: "sctp" }, null],
  [{ protocol: 132 }, null],
  [{ protocol: "132" }, null],
  [{ protocol: 256 }, ["protocol", "protocolUnknown"]],
  [{ protocol: "constructor" }, ["protocol", "protocolUnknown"]],
  [icmp, null],
  [{ ...icmp, portMin: 8 }, null],
  [{ ...icmp, portMin: 0, portMax: 0 }, null],
  [{ ...icmp, portMax: 0 }, ["portMin", "icmpTypeMissing"]],
  [{ ...icmp, portMin: 256 }, ["portMin", "icmpRange"]],
  [{ ...icmp, portMin: 3, portMax: 999 }, ["portMax", "icmpRange"]],
  [{ ...icmp, protocol: "icmpv6" }, ["protocol", "protocolFamily"]],
  [{ ...icmp, protocol: "icmpv6", etherType: "IPv6" }, null],
  [{ remoteCidr: "10.0.0.0/8" }, null],
  [{ remoteCidr: "10.0.0.0/33" }, ["remoteCidr", "remoteCidrInvalid"]],
  [{ remoteCidr: "010.1/8" }, ["remoteCidr", "remoteCidrInvalid"]],
  [{ remoteCidr: "fe80::1%eth0" }, ["remoteCidr", "remoteCidrInvalid"]],
  [{ remoteCidr: "" }, ["remoteCidr", "remoteCidrInvalid"]],
  [{ remoteCidr: "::/0" }, ["remoteCidr", "remoteCidrFamily"]],
  [{ remoteCidr: "::/0", etherType: "IPv6" }, null],
  [{ remoteCidr: "10.0.0.0/8", etherType: "IPv6" }, ["remoteCidr", "remoteCidrFamily"]],
  [{ remoteCidr: "10.0.0.0/8", remoteGroupId: crypto.randomUUID() }, ["remoteCidr", "remoteBoth"]],
])("%o: %o", (fields, fault) => {
  expect(faultOf(fields)).toEqual(fault);
});

test("what is stored is canonical, and ICMP of IPv6 is ICMPv6", () => {
  const rule = ruleFields.parse({ ...tcp, protocol: " TCP ", remoteCidr: " 10.1.2.3/16 " });
  expect(rule).toMatchObject({ etherType: "IPv4", protocol: 6, remoteCidr: "10.1.0.0/16", description: "" });
  const six = { direction: "egress", etherType: "IPv6", protocol: "icmp", remoteCidr: "2001:DB8:0::1" };
  expect(ruleFields.parse(six)).toMatchObject({ protocol: 58, remoteCidr: "2001:db8::1/128" });
  expect(remoteRangeOf("2001:db8:ffff::/33")).toEqual({ text: "2001:db8:8000::/33", etherType: "IPv6" });
});

test("rules that allow the same are the same, however they are written", () => {
  const key = (fields: object) => ruleKey(ruleFields.parse({ ...tcp, ...fields }));
  expect(key({ remoteCidr: "0.0.0.0/0" })).toBe(key({}));
  expect(key({ remoteCidr: "10.0.0.1/8" })).toBe(key({ remoteCidr: "10.0.0.0/8", description: "x" }));
  expect(key({ etherType: "IPv6", remoteCidr: "::/0" })).toBe(key({ etherType: "IPv6" }));
  expect(key({ etherType: "IPv6" })).not.toBe(key({}));
  expect(key({ direction: "egress" })).not.toBe(key({}));
});

test("every range is canonical after one parse, and stays so", () => {
  const octets = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255));
  fc.assert(
    fc.property(octets, fc.nat(32), (four, prefix) => {
      const once = remoteRangeOf(`${four.join(".")}/${prefix}`);
      expect(remoteRangeOf(once?.text ?? "")).toEqual(once);
    }),
  );
});

test("whatever is typed as a range is one that stays as it is, or none", () => {
  const likely = fc.string({ unit: fc.constantFrom(..."0123456789abcdef:./x%-") });
  fc.assert(
    fc.property(fc.oneof(likely, fc.string(), fc.ipV6()), (text) => {
      const range = remoteRangeOf(text);
      if (range) expect(remoteRangeOf(range.text)).toEqual(range);
    }),
    { numRuns: 2_000 },
  );
});

test("trails tell a rule in one line", () => {
  const text = (fields: object) => ruleText(ruleFields.parse({ ...tcp, ...fields }));
  expect(text({})).toBe("ingress IPv4 tcp 22 any");
  expect(text({ portMax: 80, remoteCidr: "10.0.0.0/8" })).toBe("ingress IPv4 tcp 22-80 10.0.0.0/8");
  expect(text({ ...icmp, portMin: 8 })).toBe("ingress IPv4 icmp type 8 any");
  expect(text({ ...icmp, portMin: 3, portMax: 4 })).toBe("ingress IPv4 icmp type 3 code 4 any");
  expect(text({ protocol: null, portMin: null, portMax: null, direction: "egress" })).toBe(
    "egress IPv4 any any",
  );
});
