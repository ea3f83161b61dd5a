/** What is asked for of an instance's interfaces, at its launch and afterwards. */

import { z } from "zod";
import { uuid } from "../uuid.ts";
import { ipv4 } from "./cidr.ts";

/** Interfaces of one instance: what the root ports of its machine type have room for beside its disks. */
export const interfaceLimit = 8;

export const securityGroupIds = z.array(uuid).max(20, { error: "securityGroupsTooMany" });

const newInterface = z.strictObject({ networkId: uuid, address: ipv4.nullable().default(null) });
const ownPort = z.strictObject({ portId: uuid });

/**
 * What a launch asks for, in the order in which the guest shall see it. Nothing said: the project's network when it has
 * exactly one, else none; "none" is none, as in OpenStack.
 */
export const launchNetworks = z
  .union([z.literal("none"), z.array(z.union([newInterface, ownPort])).max(interfaceLimit)])
  .default([]);
export type LaunchNetworks = z.infer<typeof launchNetworks>;
/** Of the ports that are made; null: the project's default group. */
export const launchSecurityGroups = securityGroupIds.nullable().default(null);

/** `networkId`: a new port of this id is made in it; null: the port is there already. */
export const interfaceWish = z.object({
  portId: uuid,
  networkId: uuid.nullable().default(null),
  address: ipv4.nullable().default(null),
  securityGroupIds: launchSecurityGroups,
});
export type InterfaceWish = z.infer<typeof interfaceWish>;
