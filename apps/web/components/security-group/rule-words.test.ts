import { ruleFields } from "@madang/core/network/security-rule";
import { createTranslator } from "next-intl";
import { expect, test } from "vitest";
import type { Translate } from "../../lib/error-text.ts";
import en from "../../messages/en.json" with { type: "json" };
import ko from "../../messages/ko.json" with { type: "json" };
import { ruleWords } from "./rule-words.ts";

function words(fields: object, remoteGroupName: string | null = null): [en: string, ko: string] {
  const rule = { ...ruleFields.parse({ direction: "ingress", protocol: "tcp", ...fields }), remoteGroupName };
  const say = (locale: string, messages: object) => {
    const t: Translate = createTranslator({ locale, messages });
    return ruleWords(t, rule);
  };
  return [say("en", en), say("ko", ko)];
}

const group = crypto.randomUUID();

test.each<[fields: object, remote: string | null, en: string, ko: string]>([
  [{ portMin: 22, portMax: 22 }, null, "SSH (TCP 22) from anywhere", "모든 곳에서 오는 SSH(TCP 22)"],
  [{ portMin: 8000, portMax: 8080 }, null, "TCP 8000–8080 from anywhere", "모든 곳에서 오는 TCP 8000–8080"],
  [
    { portMin: 443, portMax: 443, remoteCidr: "10.0.0.0/8" },
    null,
    "HTTPS (TCP 443) from 10.0.0.0/8",
    "10.0.0.0/8 대역에서 오는 HTTPS(TCP 443)",
  ],
  [
    { portMin: 53, portMax: 53, protocol: "udp", remoteGroupId: group },
    "web",
    "UDP 53 from instances in web",
    "web 그룹에서 오는 UDP 53",
  ],
  [
    { protocol: null, direction: "egress" },
    null,
    "all IPv4 traffic to anywhere",
    "모든 곳으로 나가는 모든 IPv4 트래픽",
  ],
  [
    { protocol: null, direction: "egress", etherType: "IPv6", remoteCidr: "2001:db8::/32" },
    null,
    "all IPv6 traffic to 2001:db8::/32",
    "2001:db8::/32 대역으로 나가는 모든 IPv6 트래픽",
  ],
  [
    { direction: "egress", portMin: 25, portMax: 25, remoteCidr: "10.0.0.0/16" },
    null,
    "TCP 25 to 10.0.0.0/16",
    "10.0.0.0/16 대역으로 나가는 TCP 25",
  ],
  [
    { portMin: 22, portMax: 22, etherType: "IPv6" },
    null,
    "SSH (TCP 22) over IPv6 from anywhere",
    "모든 곳에서 오는 IPv6용 SSH(TCP 22)",
  ],
  [
    { protocol: "icmp", portMin: 8 },
    null,
    "ping (ICMP type 8) from anywhere",
    "모든 곳에서 오는 ping(ICMP 유형 8)",
  ],
  [
    { protocol: "icmp", portMin: 3, portMax: 4, etherType: "IPv6" },
    null,
    "ICMPv6 type 3 code 4 from anywhere",
    "모든 곳에서 오는 ICMPv6 유형 3 코드 4",
  ],
  [{ protocol: 200 }, null, "IP 200 from anywhere", "모든 곳에서 오는 IP 200"],
  [{ protocol: "gre" }, null, "GRE from anywhere", "모든 곳에서 오는 GRE"],
])("%o of %s", (fields, remote, english, korean) => {
  expect(words(fields, remote)).toEqual([english, korean]);
});
