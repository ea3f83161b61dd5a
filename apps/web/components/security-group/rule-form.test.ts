import { expect, test } from "vitest";
import { emptyForm, portsMeaning, type RuleForm, rulesOf } from "./rule-form.ts";

const of = (fields: Partial<RuleForm>) => rulesOf({ ...emptyForm, presets: [], ...fields });
const ports = (fields: Partial<RuleForm>) =>
  of(fields).rules.map(({ protocol, portMin, portMax, etherType }) => [
    etherType,
    protocol,
    portMin,
    portMax,
  ]);

test("several presets and both families are a rule each, ping of IPv6 its own", () => {
  expect(ports({ presets: ["ssh", "ping"], families: "both" })).toEqual([
    ["IPv4", 6, 22, 22],
    ["IPv4", 1, 8, null],
    ["IPv6", 6, 22, 22],
    ["IPv6", 58, 128, null],
  ]);
});

test("ports are one, a range or all; of ICMP they are type and code", () => {
  expect(ports({ ports: " 80 " })).toEqual([["IPv4", 6, 80, 80]]);
  expect(ports({ ports: "8000 – 8080" })).toEqual([["IPv4", 6, 8000, 8080]]);
  expect(ports({})).toEqual([["IPv4", 6, null, null]]);
  expect(ports({ protocol: "icmp", ports: "8" })).toEqual([["IPv4", 1, 8, null]]);
  expect(ports({ protocol: "icmp", ports: "3/4" })).toEqual([["IPv4", 1, 3, 4]]);
  expect(ports({ protocol: "any", ports: "22" })).toEqual([["IPv4", null, null, null]]);
  expect(ports({ protocol: "other", otherProtocol: "SCTP", ports: "5000" })).toEqual([
    ["IPv4", 132, 5000, 5000],
  ]);
  expect(portsMeaning({ ...emptyForm, protocol: "other", otherProtocol: "gre" })).toBeNull();
});

test("a range says of which family it is", () => {
  expect(of({ remote: "range", range: "2001:db8::/32" }).rules).toMatchObject([
    { etherType: "IPv6", remoteCidr: "2001:db8::/32" },
  ]);
  expect(of({ remote: "range", range: "10.0.0.9", families: "both" }).rules).toMatchObject([
    { etherType: "IPv4", remoteCidr: "10.0.0.9/32" },
  ]);
});

test.each<[Partial<RuleForm>, object]>([
  [{ ports: "80-22" }, { ports: "portsBackwards" }],
  [{ ports: "0" }, { ports: "portRange" }],
  [{ ports: "70000" }, { ports: "portRange" }],
  [{ ports: "http" }, { ports: "portsShape" }],
  [{ protocol: "icmp", ports: "300" }, { ports: "icmpRange" }],
  [{ protocol: "other" }, { otherProtocol: "protocolUnknown" }],
  [{ protocol: "other", otherProtocol: "telepathy" }, { otherProtocol: "protocolUnknown" }],
  [{ remote: "range", range: "" }, { range: "remoteCidrInvalid" }],
  [{ remote: "range", range: "10.0.0.0/99" }, { range: "remoteCidrInvalid" }],
  [{ remote: "group" }, { groupId: "groupRequired" }],
  [{ presets: ["ssh"], description: "x".repeat(300) }, { description: "groupDescriptionTooLong" }],
])("%o is turned down at its field", (fields, faults) => {
  expect(of(fields)).toEqual({ rules: [], faults });
});
