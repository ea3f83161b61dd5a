/** What is asked for of networks and subnets; forms and procedures parse it with these schemas. */

import { z } from "zod";
import { displayName } from "../instance/launch.ts";
import { uuid } from "../uuid.ts";
import { cidr, ipv4 } from "./cidr.ts";
import { largestMtu, smallestMtu } from "./mtu.ts";

/** One line of text that says what something is for; may be empty. */
export const description = z
  .string()
  .trim()
  .max(255, { error: "nameTooLong" })
  .refine((text) => !/[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u.test(text), {
    error: "nameCharacters",
  });

const pool = z.object({ start: ipv4, end: ipv4 });
const route = z.object({ destination: cidr, nextHop: ipv4 });
/** Neutron's own bounds: max_dns_nameservers and max_subnet_host_routes. */
const dnsServers = z.array(ipv4).max(5, { error: "dnsServersTooMany" });
const hostRoutes = z.array(route).max(20, { error: "routesTooMany" });
const pools = z.array(pool).max(32, { error: "poolsTooMany" });

/** `gateway` left out: the first address; null: none. `pools` left out or empty: all but the gateway. */
export const newSubnet = z.object({
  id: uuid,
  name: displayName,
  description: description.default(""),
  cidr,
  gateway: ipv4.nullable().optional(),
  dhcp: z.boolean().default(true),
  pools: pools.default([]),
  dnsServers: dnsServers.default([]),
  hostRoutes: hostRoutes.default([]),
});
export type NewSubnet = z.infer<typeof newSubnet>;

/** The range itself stays as it is for ever, as in OpenStack. */
export const subnetChanges = z.object({
  name: displayName.optional(),
  description: description.optional(),
  gateway: ipv4.nullable().optional(),
  dhcp: z.boolean().optional(),
  pools: pools.optional(),
  dnsServers: dnsServers.optional(),
  hostRoutes: hostRoutes.optional(),
});
export type SubnetChanges = z.infer<typeof subnetChanges>;

/** Bytes. Networks of some types carry less than the most (`mtuOf`). */
export const mtu = z
  .int({ error: "mtuInvalid" })
  .min(smallestMtu, { error: "mtuInvalid" })
  .max(largestMtu, { error: "mtuInvalid" });

/** `mtu` null: the most that its frames carry. */
export const newNetwork = z.object({
  id: uuid,
  name: displayName,
  description: description.default(""),
  mtu: mtu.nullable().default(null),
  subnet: newSubnet.optional(),
});
export type NewNetwork = z.infer<typeof newNetwork>;

export const networkChanges = z.object({
  name: displayName.optional(),
  description: description.optional(),
  mtu: mtu.optional(),
});
export type NetworkChanges = z.infer<typeof networkChanges>;

/** A name of bridge mappings; OVN writes it into a comma-separated list. */
const physicalNetwork = z
  .string()
  .regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$/, { error: "physicalNetworkName" });

/** Of an administrator: how its frames travel, and who may use it. */
export const newCloudNetwork = newNetwork.extend({
  shared: z.boolean().default(false),
  external: z.boolean().default(false),
  type: z.enum(["geneve", "flat", "vlan"]).default("geneve"),
  physicalNetwork: physicalNetwork.nullable().default(null),
  segmentationId: z
    .int()
    .min(1, { error: "segmentationIdRange" })
    .max(4094, { error: "segmentationIdRange" })
    .nullable()
    .default(null),
});
export type NewCloudNetwork = z.infer<typeof newCloudNetwork>;
export const cloudNetworkChanges = networkChanges.extend({ shared: z.boolean().optional() });
export type CloudNetworkChanges = z.infer<typeof cloudNetworkChanges>;
