import type { NetworkSpec } from "./topology.ts";

/** Ethernet's, and what most links between hypervisors carry; bytes. */
const underlayMtu = 1500;
/** Outer IPv4 20, UDP 8, Geneve 8 with OVN's 8 of options, inner Ethernet 14: Neutron's max_header_size 38 and the IP header. */
const geneveOverhead = 58;

/** What any IPv4 link must carry (RFC 791), and the least that a virtio device takes; Neutron's bound too. Bytes. */
export const smallestMtu = 68;

/** The most that frames of such a network carry, bytes; what guests are told where nobody chose less. */
export function mtuOf(type: NetworkSpec["type"]): number {
  return type === "geneve" ? underlayMtu - geneveOverhead : underlayMtu;
}

/** The most of any type. */
export const largestMtu = underlayMtu;
