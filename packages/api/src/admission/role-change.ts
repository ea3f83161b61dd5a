import { CloudError } from "@madang/core/errors";
import { type Role, roles } from "@madang/core/identity/permission";

/** Each once, the highest first, as one word for the record. */
export function rolesText(held: readonly Role[]): string {
  return roles.filter((role) => held.includes(role)).join(" ");
}

/** `was`: what somebody looked at before he changed it. Throws Conflict when it was changed since. */
export function requireUnchanged(held: readonly Role[], was: readonly Role[] | undefined): void {
  if (was === undefined || rolesText(was) === rolesText(held)) return;
  throw new CloudError("Conflict", "Somebody else changed these roles meanwhile.", {
    reason: "changedMeanwhile",
  });
}
