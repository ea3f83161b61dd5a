/** What making an application credential asks for; the form and the procedure parse it with this one schema. */

import { z } from "zod";
import { displayName } from "../instance/launch.ts";
import { uuid } from "../uuid.ts";
import { accessRule, accessRuleLimit } from "./access-rule.ts";
import { roles } from "./permission.ts";

const descriptionLimit = 1_000;

export const credentialDescription = z
  .string()
  .trim()
  .max(descriptionLimit, { error: "descriptionTooLong" })
  .refine((text) => !text.includes("\0"), { error: "textCharacters" });

export const newCredential = z.object({
  id: uuid,
  projectId: uuid,
  name: displayName,
  description: credentialDescription.default(""),
  roles: z
    .array(z.enum(roles))
    .min(1, { error: "rolesRequired" })
    .max(roles.length)
    .refine((chosen) => new Set(chosen).size === chosen.length),
  /** null: never */
  expiresAt: z.date().nullable(),
  /** Procedures it may call; null: all that its roles allow. */
  accessRules: z.array(accessRule).min(1, { error: "accessRulesRequired" }).max(accessRuleLimit).nullable(),
});
export type NewCredential = z.infer<typeof newCredential>;
