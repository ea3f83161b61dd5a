/** The create form's own shape; what it sends is `newCredential` of core. */
import { accessRuleLimit } from "@madang/core/identity/access-rule";
import { credentialDescription } from "@madang/core/identity/credential";
import { isWithin, type Role, roles } from "@madang/core/identity/permission";
import { displayName } from "@madang/core/instance/launch";
import { z } from "zod";

export const expiryChoices = ["30", "90", "365", "date", "never"] as const;

export const credentialForm = z
  .object({
    name: displayName,
    description: credentialDescription,
    role: z.enum(roles),
    expiry: z.enum(expiryChoices),
    /** yyyy-mm-dd, the last day on which it is valid, where `expiry` is "date". */
    date: z.string(),
    /** "all": whatever the role allows. */
    scope: z.enum(["all", "chosen"]),
    calls: z.array(z.string()).max(accessRuleLimit),
  })
  .refine(({ expiry, date }) => expiry !== "date" || endOf(date) !== null, {
    path: ["date"],
    error: "dateRequired",
  })
  .refine(({ scope, calls }) => scope === "all" || calls.length > 0, {
    path: ["calls"],
    error: "accessRulesRequired",
  });
export type CredentialForm = z.infer<typeof credentialForm>;

const dayMs = 86_400_000;

/** The end of that day where the browser is; null when it is no date, or over. */
function endOf(date: string): Date | null {
  const [year, month, day] = date.split("-").map(Number);
  if (!year || !month || !day) return null;
  const end = new Date(year, month - 1, day, 23, 59, 59);
  return end.getTime() > Date.now() ? end : null;
}

export function expiryOf({ expiry, date }: Pick<CredentialForm, "expiry" | "date">): Date | null {
  if (expiry === "never") return null;
  return expiry === "date" ? endOf(date) : new Date(Date.now() + Number(expiry) * dayMs);
}

/** What may be given away, the weakest last. */
export function rolesToGive(held: readonly Role[]): Role[] {
  return roles.filter((role) => isWithin(role, held));
}

/** A name that says when, so that the next one differs. */
export function suggestedName(now: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const day = [now.getFullYear(), two(now.getMonth() + 1), two(now.getDate())].join("-");
  return `api-${day}-${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
}
