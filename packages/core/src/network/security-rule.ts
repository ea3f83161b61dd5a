/** Rules of security groups: what may be asked for, made canonical, so that the same rule is always written the same. */

import { z } from "zod";
import { uuid } from "../uuid.ts";
import { hasPorts, icmp, icmpV6, isIcmp, protocol, protocolName } from "./protocol.ts";
import { type EtherType, isAnybody, remoteCidrLimit, remoteRangeOf } from "./remote-cidr.ts";

const descriptionLimit = 255;
/** One call adds at most this many. */
export const addRulesLimit = 1_000;

export const groupDescription = z
  .string()
  .trim()
  .max(descriptionLimit, { error: "groupDescriptionTooLong" })
  .refine((text) => !/[\p{Cc}\p{Cs}]/u.test(text), { error: "textCharacters" });

/** What a rule allows. */
export type RuleMatch = {
  direction: "ingress" | "egress";
  etherType: EtherType;
  /** IANA's number; null: any */
  protocol: number | null;
  /** Ports, both included; type and code of ICMP. null: any */
  portMin: number | null;
  portMax: number | null;
  /** At most one of the two; neither: anybody. */
  remoteCidr: string | null;
  remoteGroupId: string | null;
};

const number = z.int({ error: "portRange" }).nullable().default(null);

/**
 * As Neutron takes it: protocol by name or number; ports only of protocols that have them, of ICMP type and code; a remote
 * range of the rule's own family, made canonical. ICMP in an IPv6 rule is ICMPv6.
 */
export const ruleFields = z
  .object({
    direction: z.enum(["ingress", "egress"]),
    etherType: z.enum(["IPv4", "IPv6"]).default("IPv4"),
    protocol: protocol.default(null),
    portMin: number,
    portMax: number,
    remoteCidr: z.string().max(remoteCidrLimit, { error: "remoteCidrInvalid" }).nullable().default(null),
    remoteGroupId: uuid.nullable().default(null),
    description: groupDescription.default(""),
  })
  .transform((rule) => ({ ...rule, protocol: protocolOf(rule.etherType, rule.protocol) }))
  .superRefine((rule, context) => {
    for (const fault of [protocolFault(rule), portFault(rule), remoteFault(rule)])
      if (fault) context.addIssue({ code: "custom", message: fault.reason, path: [fault.field] });
  })
  .transform((rule) => ({ ...rule, remoteCidr: canonical(rule.remoteCidr) }));

type Fault = { field: keyof RuleMatch; reason: string };

function protocolOf(etherType: EtherType, of: number | null): number | null {
  return etherType === "IPv6" && of === icmp ? icmpV6 : of;
}

function protocolFault({ etherType, protocol: of }: RuleMatch): Fault | null {
  return etherType === "IPv4" && of === icmpV6 ? { field: "protocol", reason: "protocolFamily" } : null;
}

function portFault({ protocol: of, portMin, portMax }: RuleMatch): Fault | null {
  if (isIcmp(of)) return icmpFault(portMin, portMax);
  if (portMin === null && portMax === null) return null;
  if (!hasPorts(of)) return { field: "portMin", reason: "portsNotOfThis" };
  if (portMin === null || portMax === null)
    return { field: portMin === null ? "portMin" : "portMax", reason: "portsBoth" };
  if (!isPort(portMin)) return { field: "portMin", reason: "portRange" };
  if (!isPort(portMax)) return { field: "portMax", reason: "portRange" };
  return portMin > portMax ? { field: "portMax", reason: "portsBackwards" } : null;
}

function icmpFault(type: number | null, code: number | null): Fault | null {
  if (type === null && code !== null) return { field: "portMin", reason: "icmpTypeMissing" };
  if (type !== null && !isOctet(type)) return { field: "portMin", reason: "icmpRange" };
  return code !== null && !isOctet(code) ? { field: "portMax", reason: "icmpRange" } : null;
}

function isPort(value: number): boolean {
  return value >= 1 && value <= 65_535;
}

function isOctet(value: number): boolean {
  return value >= 0 && value <= 255;
}

function remoteFault({ etherType, remoteCidr, remoteGroupId }: RuleMatch): Fault | null {
  if (remoteCidr === null) return null;
  if (remoteGroupId !== null) return { field: "remoteCidr", reason: "remoteBoth" };
  const range = remoteRangeOf(remoteCidr);
  if (range === null) return { field: "remoteCidr", reason: "remoteCidrInvalid" };
  return range.etherType === etherType ? null : { field: "remoteCidr", reason: "remoteCidrFamily" };
}

function canonical(remoteCidr: string | null): string | null {
  return remoteCidr === null ? null : (remoteRangeOf(remoteCidr)?.text ?? null);
}

/** Equal for rules that allow the same: a remote range of everybody is no remote at all. */
export function ruleKey(rule: RuleMatch): string {
  const { direction, etherType, protocol: of, portMin, portMax, remoteCidr, remoteGroupId } = rule;
  const remote = isAnybody(remoteCidr) ? null : remoteCidr;
  return JSON.stringify([direction, etherType, of, portMin, portMax, remote, remoteGroupId]);
}

/** For trails: one line of field words, the same in every language. */
export function ruleText(rule: RuleMatch): string {
  const { direction, etherType, protocol: of, remoteCidr, remoteGroupId } = rule;
  const remote = remoteGroupId ?? remoteCidr ?? "any";
  return [direction, etherType, of === null ? "any" : protocolName(of), portText(rule), remote]
    .filter((part) => part !== "")
    .join(" ");
}

function portText({ protocol: of, portMin, portMax }: RuleMatch): string {
  if (portMin === null) return "";
  if (isIcmp(of)) return portMax === null ? `type ${portMin}` : `type ${portMin} code ${portMax}`;
  return portMax === null || portMin === portMax ? `${portMin}` : `${portMin}-${portMax}`;
}
