/**
 * The row of the reconcile queue that stands for all tenant networks: one pass brings the whole of them to the network
 * driver, so there is one key and passes never overlap. No table holds it.
 */
export const cloudNetworkId = "00000000-0000-4000-8000-00000000c10d";
