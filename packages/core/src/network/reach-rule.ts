/** Whom a set of rules lets in for what a preset stands for. */
import { isIcmp } from "./protocol.ts";
import { isAnybody } from "./remote-cidr.ts";
import { type PresetName, securityPresets } from "./security-preset.ts";
import type { RuleMatch } from "./security-rule.ts";

/** `from`: ranges; a group stands for none, for who has it is inside. */
export type Passage = "anybody" | "nobody" | { from: string[] };

/** From outside, that is by IPv4: floating IPs are of that. */
export function passes(rules: readonly RuleMatch[], name: PresetName): Passage {
  const preset = securityPresets.find((one) => one.name === name);
  if (!preset) return "nobody";
  const fitting = rules.filter(
    (rule) =>
      rule.direction === "ingress" &&
      rule.etherType === "IPv4" &&
      rule.remoteGroupId === null &&
      covers(rule, preset),
  );
  if (fitting.length === 0) return "nobody";
  if (fitting.some(({ remoteCidr }) => isAnybody(remoteCidr))) return "anybody";
  return { from: [...new Set(fitting.flatMap(({ remoteCidr }) => remoteCidr ?? []))] };
}

type Match = Pick<RuleMatch, "protocol" | "portMin" | "portMax">;

function covers(rule: Match, wanted: Match): boolean {
  if (rule.protocol === null) return true;
  if (rule.protocol !== wanted.protocol) return false;
  if (rule.portMin === null || wanted.portMin === null) return rule.portMin === null;
  if (isIcmp(rule.protocol)) return rule.portMin === wanted.portMin && coversCode(rule, wanted);
  return (
    rule.portMin <= wanted.portMin && (rule.portMax ?? rule.portMin) >= (wanted.portMax ?? wanted.portMin)
  );
}

/** Echo requests have code 0. */
function coversCode({ portMax: code }: Match, wanted: Match): boolean {
  return code === null || code === (wanted.portMax ?? 0);
}
