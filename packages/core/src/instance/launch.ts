/** What a launch asks for; the form and the procedure parse it with this one schema. */

import { z } from "zod";
import { zoneName } from "../hypervisor/zone.ts";
import { launchNetworks, launchSecurityGroups } from "../network/interface-input.ts";
import { uuid } from "../uuid.ts";
import { crashPolicy } from "../wire/guest.ts";
import { launchBootVolume, launchDisksBlocked, launchVolume, launchVolumeLimit } from "./launch-disk.ts";
import { displayName, nameLimit } from "./name.ts";

export { displayName, nameLimit } from "./name.ts";

/** Nova's own bound for user_data: 65,535 bytes of base64. */
export const userDataBase64Limit = 65_535;
/** One launch makes at most this many instances. */
export const launchCountLimit = 50;
export const password = z
  .string()
  .min(12, { error: "passwordTooShort" })
  .max(128, { error: "passwordTooLong" })
  .refine((value) => !/\p{Cc}/u.test(value), { error: "passwordCharacters" });

export const userData = z
  .string()
  .refine((text) => base64Length(text) <= userDataBase64Limit, { error: "userDataTooLong" });

const fields = z.object({
  /** Named by the client, one per instance, so that the same request twice makes one. */
  ids: z.array(uuid).min(1).max(launchCountLimit),
  projectId: uuid,
  name: displayName,
  /** What its root disk is made of; null: it boots from `bootVolume`. Exactly one of the two. */
  imageId: uuid.nullable().default(null),
  /** Instead of a root disk of its own. */
  bootVolume: launchBootVolume.nullable().default(null),
  /** Further disks, in the order in which the guest shall see them. */
  volumes: z.array(launchVolume).max(launchVolumeLimit, { error: "launchVolumesTooMany" }).default([]),
  flavorId: uuid,
  keyPairId: uuid.nullable(),
  /** For the guest's first user; stored only as a crypt(3) hash. */
  password: password.nullable(),
  userData: userData.nullable(),
  /** null: any */
  availabilityZone: zoneName.nullable().default(null),
  deleteProtection: z.boolean(),
  crashPolicy: crashPolicy.default("restart"),
  networks: launchNetworks,
  securityGroupIds: launchSecurityGroups,
  /** Over SSH, from outside: what is missing on the way is made with it. */
  reachable: z.boolean().default(false),
});

export const launchInput = fields.superRefine((wish, { addIssue }) => {
  const blocked = launchDisksBlocked(wish);
  if (blocked) addIssue({ code: "custom", message: blocked.reason, path: [blocked.field] });
});
export type LaunchInput = z.infer<typeof launchInput>;

/** Bytes of the base64 form of a text's UTF-8. */
export function base64Length(text: string): number {
  return Math.ceil(new TextEncoder().encode(text).length / 3) * 4;
}

/** Several instances of one launch get `-1`, `-2` …, as in Nova. */
export function launchName(name: string, index: number, count: number): string {
  return count === 1 ? name : `${[...name].slice(0, nameLimit - 4).join("")}-${index + 1}`;
}

/** A valid RFC 1123 label from any name; falls back to the id so that no guest is nameless. */
export function hostnameFor(name: string, id: string): string {
  const label = name
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 63)
    .replace(/^-+|-+$/g, "");
  return label === "" ? `host-${id.replaceAll("-", "").slice(-12)}` : label;
}
