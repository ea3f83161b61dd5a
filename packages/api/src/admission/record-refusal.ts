/** Somebody who is known tried to change what he may not: on the record, but nobody can flood the trail so. */
import { CloudError } from "@madang/core/errors";
import { transaction } from "@madang/db";
import type { Doer } from "../context.ts";
import type { AdmissionDeps, Log } from "../deps.ts";
import type { RateLimits } from "../rate-limit.ts";
import { recordEvent } from "./record.ts";

type Deps = AdmissionDeps & { limits: RateLimits; log: Log };
type Refused = { procedure: string; projectId: string | null; reason: string };

const nilUuid = "00000000-0000-0000-0000-000000000000";

/** Never throws: a refusal stays what it is, whether it could be written down or not. */
export async function recordRefusal(deps: Deps, actor: Doer, refused: Refused): Promise<void> {
  await record(deps, actor, refused).catch((error: unknown) => {
    if (error instanceof CloudError && error.code === "TooManyRequests") return;
    deps.log.warn({ err: error, requestId: actor.requestId }, "a refusal was not recorded");
  });
}

async function record(deps: Deps, actor: Doer, { procedure, projectId, reason }: Refused): Promise<void> {
  await deps.limits.take("refusal", actor.userId);
  const subject = { kind: "procedure", id: nilUuid, name: procedure, projectId };
  const params = { procedure, reason };
  await transaction(deps.admission.prisma, (tx) =>
    recordEvent(tx, { actor, subject, action: "access.refused", result: "refused", params }),
  );
  deps.hints.publish("event");
}
