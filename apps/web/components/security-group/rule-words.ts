/** A rule as people say it. Pure, but for the catalogue that is handed in. */
import { isIcmp, protocolName } from "@madang/core/network/protocol";
import { isAnybody } from "@madang/core/network/remote-cidr";
import { presetOf } from "@madang/core/network/security-preset";
import type { RuleMatch } from "@madang/core/network/security-rule";
import type { Translate } from "../../lib/error-text.ts";

/** `remoteGroupName`: of `remoteGroupId`. */
export type WordedRule = RuleMatch & { remoteGroupName: string | null };

export function ruleWords(t: Translate, rule: WordedRule): string {
  const side = rule.direction === "ingress" ? "from" : "to";
  const words = { what: whatWords(t, rule), remote: rule.remoteGroupName ?? rule.remoteCidr ?? "" };
  if (rule.remoteGroupId !== null) return t(`securityGroups.words.${side}.group`, words);
  if (isAnybody(rule.remoteCidr)) return t(`securityGroups.words.${side}.anybody`, words);
  return t(`securityGroups.words.${side}.range`, words);
}

/** Protocol and ports, without whom. */
export function whatWords(t: Translate, rule: RuleMatch): string {
  const { etherType } = rule;
  if (rule.protocol === null) return t("securityGroups.words.everything", { family: etherType });
  const preset = presetOf(rule);
  const plain = protocolWords(t, rule);
  const what = preset ? t("securityGroups.words.service", { service: preset.word, plain }) : plain;
  return etherType === "IPv6" && !isIcmp(rule.protocol) ? t("securityGroups.words.overIpv6", { what }) : what;
}

function protocolWords(t: Translate, { protocol, portMin, portMax }: RuleMatch): string {
  const name = nameOf(protocol ?? 0);
  if (portMin === null) return name;
  if (isIcmp(protocol)) {
    const key = portMax === null ? "icmpType" : "icmpCode";
    return t(`securityGroups.words.${key}`, { name, type: String(portMin), code: String(portMax) });
  }
  const ports = portMax === null || portMax === portMin ? `${portMin}` : `${portMin}–${portMax}`;
  return `${name} ${ports}`;
}

function nameOf(protocol: number): string {
  const name = protocolName(protocol);
  if (protocol === 58) return "ICMPv6";
  return /^\d+$/.test(name) ? `IP ${name}` : name.toUpperCase();
}
