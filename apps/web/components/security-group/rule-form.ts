/** The rule dialog's own shape, and the rules that it asks for; what they may be is decided by `ruleFields` of core. */
import { hasPorts, isIcmp, protocol as protocolShape } from "@madang/core/network/protocol";
import { remoteRangeOf } from "@madang/core/network/remote-cidr";
import { type PresetName, presetMatch } from "@madang/core/network/security-preset";
import { ruleFields } from "@madang/core/network/security-rule";
import type { z } from "zod";

export const protocolChoices = ["tcp", "udp", "icmp", "any", "other"] as const;
export const remoteChoices = ["anybody", "range", "group"] as const;

export type RuleForm = {
  direction: "ingress" | "egress";
  presets: PresetName[];
  protocol: (typeof protocolChoices)[number];
  /** A name or a number, where `protocol` is "other". */
  otherProtocol: string;
  /** "22" or "8000-8080"; empty: all. Of ICMP its type, or type/code. */
  ports: string;
  families: "IPv4" | "IPv6" | "both";
  remote: (typeof remoteChoices)[number];
  range: string;
  groupId: string;
  description: string;
};

export const emptyForm: RuleForm = {
  direction: "ingress",
  presets: ["ssh"],
  protocol: "tcp",
  otherProtocol: "",
  ports: "",
  families: "IPv4",
  remote: "anybody",
  range: "",
  groupId: "",
  description: "",
};

export type FormRule = z.output<typeof ruleFields>;
export type FormFaults = Partial<Record<keyof RuleForm, string>>;
export type FormResult = { rules: FormRule[]; faults: FormFaults };

/** Which field of the form a fault of core's belongs to. */
const fieldOf: Readonly<Record<string, keyof RuleForm>> = {
  protocol: "otherProtocol",
  portMin: "ports",
  portMax: "ports",
  remoteCidr: "range",
  remoteGroupId: "groupId",
  description: "description",
};

export function rulesOf(form: RuleForm): FormResult {
  const missing = missingOf(form);
  if (missing) return { rules: [], faults: missing };
  const rules: FormRule[] = [];
  for (const wish of wishesOf(form)) {
    const parsed = ruleFields.safeParse(wish);
    if (parsed.success) rules.push(parsed.data);
    else return { rules: [], faults: faultsOf(parsed.error) };
  }
  return { rules, faults: {} };
}

function missingOf(form: RuleForm): FormFaults | null {
  const { remote, range, groupId, presets, protocol, otherProtocol } = form;
  if (remote === "range" && range.trim() === "") return { range: "remoteCidrInvalid" };
  if (remote === "group" && groupId === "") return { groupId: "groupRequired" };
  if (presets.length > 0) return null;
  if (protocol === "other" && otherProtocol.trim() === "") return { otherProtocol: "protocolUnknown" };
  return portsOf(form) ? null : { ports: "portsShape" };
}

function faultsOf(error: z.ZodError): FormFaults {
  const [issue] = error.issues;
  return { [fieldOf[String(issue?.path[0])] ?? "ports"]: issue?.message ?? "invalid" };
}

function wishesOf(form: RuleForm): object[] {
  const range = form.remote === "range" ? remoteRangeOf(form.range) : null;
  const both = ["IPv4", "IPv6"] as const;
  const families = form.families === "both" ? both : [form.families];
  const common = {
    direction: form.direction,
    description: form.description,
    remoteCidr: form.remote === "range" ? form.range : null,
    remoteGroupId: form.remote === "group" ? form.groupId : null,
  };
  // A range says by itself of which family it is.
  const used = range ? [range.etherType] : families;
  return used.flatMap((etherType) => {
    const matches = form.presets.map((name) => presetMatch(name, etherType));
    const whats = form.presets.length > 0 ? matches : [customOf(form)];
    return whats.map((what) => ({ ...common, etherType, ...what }));
  });
}

function customOf(form: RuleForm) {
  const { protocol, otherProtocol } = form;
  if (protocol === "any") return { protocol: null };
  const name = protocol === "other" ? otherProtocol.trim() : protocol;
  return { protocol: name, ...portsOf(form) };
}

type Ports = { portMin: number | null; portMax: number | null };

/** null: not readable. One number alone is one port, or a type of ICMP with all its codes. */
function portsOf(form: RuleForm): Ports | null {
  const meaning = portsMeaning(form);
  const text = meaning === null ? "" : form.ports.trim();
  const [, first, last] = /^(\d{1,6})(?:\s*[-–/:]\s*(\d{1,6}))?$/.exec(text) ?? [];
  if (first === undefined) return text === "" ? { portMin: null, portMax: null } : null;
  if (last !== undefined) return { portMin: Number(first), portMax: Number(last) };
  return { portMin: Number(first), portMax: meaning === "icmp" ? null : Number(first) };
}

/** What the ports field means for the protocol chosen. */
export function portsMeaning({ protocol, otherProtocol }: RuleForm): "ports" | "icmp" | null {
  if (protocol === "any") return null;
  const number = protocolShape.safeParse(protocol === "other" ? otherProtocol : protocol).data ?? null;
  if (isIcmp(number)) return "icmp";
  return hasPorts(number) ? "ports" : null;
}
