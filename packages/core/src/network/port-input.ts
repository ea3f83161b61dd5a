/** What is asked for of ports and of an instance's interfaces. */

import { z } from "zod";
import { displayName } from "../instance/launch.ts";
import { uuid } from "../uuid.ts";
import { cidr, ipv4 } from "./cidr.ts";
import { securityGroupIds } from "./interface-input.ts";
import { description } from "./subnet-input.ts";

/** Lower case with colons, of one station; group addresses belong to nobody. */
export const mac = z
  .string()
  .trim()
  .max(17, { error: "macInvalid" })
  .toLowerCase()
  .refine((text) => /^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$/.test(text) && text !== "00:00:00:00:00:00", {
    error: "macInvalid",
  });

/** OpenStack's prefix, and three octets at random. */
export function newMac(): string {
  const octets = crypto.getRandomValues(new Uint8Array(3));
  return `fa:16:3e:${[...octets].map((octet) => octet.toString(16).padStart(2, "0")).join(":")}`;
}

/** What else may come from a port: an address or a range, from its own MAC when none is said. */
const addressPair = z.object({ address: z.union([ipv4, cidr]), mac: mac.nullable().default(null) });
const addressPairs = z.array(addressPair).max(10, { error: "addressPairsTooMany" });
/** Which subnet when null: that of the address, or the first with room. Which address when null: the next free. */
const fixedAddress = z.object({
  subnetId: uuid.nullable().default(null),
  address: ipv4.nullable().default(null),
});

/** Neutron's usual `max_fixed_ips_per_port`. DHCP tells a guest of the first alone. */
const addressesPerPort = 5;

const portFields = {
  name: z.union([z.literal(""), displayName]),
  description,
  portSecurity: z.boolean(),
  allowedAddressPairs: addressPairs,
};

export const newPort = z.object({
  id: uuid,
  networkId: uuid,
  name: portFields.name.default(""),
  description: description.default(""),
  /** null: the server makes one. */
  mac: mac.nullable().default(null),
  /** None: one address, the next free. */
  addresses: z.array(fixedAddress).max(addressesPerPort, { error: "addressesTooMany" }).default([]),
  portSecurity: z.boolean().default(true),
  allowedAddressPairs: addressPairs.default([]),
  /** null: the project's default group. */
  securityGroupIds: securityGroupIds.nullable().default(null),
});
export type NewPort = z.infer<typeof newPort>;

export const portChanges = z.object({
  name: portFields.name.optional(),
  description: description.optional(),
  portSecurity: z.boolean().optional(),
  allowedAddressPairs: addressPairs.optional(),
  securityGroupIds: securityGroupIds.optional(),
});
export type PortChanges = z.infer<typeof portChanges>;
