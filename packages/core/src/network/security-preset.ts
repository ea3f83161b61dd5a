/** What people open most often, so that nobody has to know its port. */
import { icmp, icmpV6 } from "./protocol.ts";
import type { EtherType } from "./remote-cidr.ts";
import type { RuleMatch } from "./security-rule.ts";

export type SecurityPreset = {
  name: PresetName;
  /** As it is called everywhere. */
  word: string;
  protocol: number;
  portMin: number | null;
  portMax: number | null;
};
const names = ["ssh", "http", "https", "ping", "rdp"] as const;
export type PresetName = (typeof names)[number];

const tcp = 6;
/** 8: echo request, RFC 792. */
const echoRequest = 8;

export const securityPresets: readonly SecurityPreset[] = [
  { name: "ssh", word: "SSH", protocol: tcp, portMin: 22, portMax: 22 },
  { name: "http", word: "HTTP", protocol: tcp, portMin: 80, portMax: 80 },
  { name: "https", word: "HTTPS", protocol: tcp, portMin: 443, portMax: 443 },
  { name: "ping", word: "ping", protocol: icmp, portMin: echoRequest, portMax: null },
  { name: "rdp", word: "RDP", protocol: tcp, portMin: 3389, portMax: 3389 },
];

/** Of ICMPv6 (RFC 4443). */
const echoRequestV6 = 128;

type What = Pick<RuleMatch, "protocol" | "portMin" | "portMax">;

/** What the preset lets in of that family. */
export function presetMatch(name: PresetName, etherType: EtherType): What | null {
  const preset = securityPresets.find((one) => one.name === name);
  if (!preset) return null;
  const { protocol, portMin, portMax } = preset;
  if (protocol === icmp && etherType === "IPv6") return { protocol: icmpV6, portMin: echoRequestV6, portMax };
  return { protocol, portMin, portMax };
}

/** The preset that is just this, where there is one. */
export function presetOf({ protocol, portMin, portMax, etherType }: RuleMatch): SecurityPreset | null {
  const same = securityPresets.find(({ name }) => {
    const match = presetMatch(name, etherType);
    return match?.protocol === protocol && match.portMin === portMin && match.portMax === portMax;
  });
  return same ?? null;
}
