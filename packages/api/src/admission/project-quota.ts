import { CloudError } from "@madang/core/errors";
import type { Limits } from "@madang/core/quota/resource";
import { transaction } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { lockedProject, subjectOf } from "./project.ts";
import { type NewLimits, requireLooked, setLimits } from "./quota-limit.ts";
import { recordEvent } from "./record.ts";

/**
 * For good; null is back to the default. A limit below what is in use is allowed: nothing is taken away, nothing more is
 * given. `was`: the limits that counted when they were looked at. Throws NotFound, InvalidState (the project ends), Conflict
 * (changed meanwhile).
 */
export async function setProjectQuota(
  deps: AdmissionDeps,
  actor: Actor,
  id: string,
  limits: NewLimits,
  was: Limits = {},
): Promise<void> {
  if (Object.keys(limits).length === 0) return;
  await deps.admissions.run(id, () =>
    transaction(deps.admission.prisma, async (tx) => {
      const project = await lockedProject(tx, id);
      if (project.deleteRequestedAt)
        throw new CloudError("InvalidState", "This project is being deleted.", { reason: "projectEnding" });
      await requireLooked(tx, id, was);
      const changes = await setLimits(tx, id, limits, null);
      await recordEvent(tx, { actor, subject: subjectOf(project), action: "project.set-quota", changes });
    }),
  );
  deps.hints.publish("event");
}
