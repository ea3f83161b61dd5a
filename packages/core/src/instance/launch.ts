/** What a launch asks for; the form and the procedure parse it with this one schema. */

import { z } from "zod";
import { zoneName } from "../hypervisor/zone.ts";
import { launchNetworks, launchSecurityGroups } from "../network/interface-input.ts";
import { uuid } from "../uuid.ts";
import { crashPolicy } from "../wire/guest.ts";

/** Nova's own bound for user_data: 65,535 bytes of base64. */
export const userDataBase64Limit = 65_535;
/** One launch makes at most this many instances. */
export const launchCountLimit = 50;
const nameLimit = 255;

/** One line of printable text; control and bidirectional override characters would let a name lie about itself. */
export const displayName = z
  .string()
  .trim()
  .min(1, { error: "nameRequired" })
  .max(nameLimit, { error: "nameTooLong" })
  .refine((name) => !/[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u.test(name), {
    error: "nameCharacters",
  });

export const password = z
  .string()
  .min(12, { error: "passwordTooShort" })
  .max(128, { error: "passwordTooLong" })
  .refine((value) => !/\p{Cc}/u.test(value), { error: "passwordCharacters" });

export const userData = z
  .string()
  .refine((text) => base64Length(text) <= userDataBase64Limit, { error: "userDataTooLong" });

export const launchInput = z.object({
  /** Named by the client, one per instance, so that the same request twice makes one. */
  ids: z.array(uuid).min(1).max(launchCountLimit),
  projectId: uuid,
  name: displayName,
  imageId: uuid,
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
