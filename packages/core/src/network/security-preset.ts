/** What people open most often, so that nobody has to know its port. */
import { icmp } from "./protocol.ts";

export type SecurityPreset = {
  name: PresetName;
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
  { name: "ssh", protocol: tcp, portMin: 22, portMax: 22 },
  { name: "http", protocol: tcp, portMin: 80, portMax: 80 },
  { name: "https", protocol: tcp, portMin: 443, portMax: 443 },
  { name: "ping", protocol: icmp, portMin: echoRequest, portMax: null },
  { name: "rdp", protocol: tcp, portMin: 3389, portMax: 3389 },
];
