import type { NetworkSpec } from "./topology.ts";

/** Ethernet's, and what most links between hypervisors carry; bytes. */
const underlayMtu = 1500;
/** Outer IPv4 20, UDP 8, Geneve 8 with OVN's 8 of options, inner Ethernet 14: Neutron's max_header_size 38 and the IP header. */
const geneveOverhead = 58;

/** What guests of such a network are told, bytes. */
export function mtuOf(type: NetworkSpec["type"]): number {
  return type === "geneve" ? underlayMtu - geneveOverhead : underlayMtu;
}
