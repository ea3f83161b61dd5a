/** An administrator's answer to a project that asks for more. Of two who answer at once exactly one decides. */
import { CloudError } from "@madang/core/errors";
import { limitsText, notMore } from "@madang/core/quota/request";
import type { Limits } from "@madang/core/quota/resource";
import { lockProject, type QuotaRequest, quotaLines, type Tx, transaction } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { setLimits } from "./quota-limit.ts";
import { type Changes, recordEvent } from "./record.ts";
import { lockWaitingRequest, type Meanwhile, requestNotFound } from "./waiting-request.ts";

/** `generation`: the one that was looked at. */
type Ref = { id: string; generation: number };
export type Approval = Ref & { limits: Limits; expiresAt: Date | null; answer: string };
export type Rejection = Ref & { answer: string };
type Decided = Pick<QuotaRequest, "state" | "answer"> & { granted?: Limits; expiresAt?: Date | null };

/**
 * What is granted counts at once, in whole, in part, or other than asked; until a moment or for good. Throws NotFound,
 * Conflict (decided, withdrawn or amended meanwhile), InvalidState (the project ends), InvalidInput.
 */
export async function approveQuotaRequest(
  deps: AdmissionDeps,
  actor: Actor,
  { id, generation, limits, expiresAt, answer }: Approval,
): Promise<void> {
  await decide(deps, { id, generation }, async (tx, request, projectName) => {
    await requireMore(tx, request, limits);
    const changes = await setLimits(tx, request.projectId, limits, expiresAt);
    await write(tx, actor, request, { state: "approved", granted: limits, expiresAt, answer });
    const params = { granted: limitsText(limits), answer };
    await record(tx, actor, { request, projectName }, "quota_request.approve", params, changes);
  });
}

/** With words, for somebody reads them. Throws NotFound, Conflict. */
export async function rejectQuotaRequest(
  deps: AdmissionDeps,
  actor: Actor,
  { id, generation, answer }: Rejection,
): Promise<void> {
  await decide(deps, { id, generation }, async (tx, request, projectName) => {
    await write(tx, actor, request, { state: "rejected", answer });
    await record(tx, actor, { request, projectName }, "quota_request.reject", { answer }, {});
  });
}

type Work = (tx: Tx, request: QuotaRequest, projectName: string) => Promise<void>;

async function decide(deps: AdmissionDeps, { id, generation }: Ref, work: Work): Promise<void> {
  const named = await deps.admission.prisma.quotaRequest.findUnique({
    where: { id },
    select: { projectId: true },
  });
  if (!named) throw requestNotFound();
  await deps.admissions.run(named.projectId, () =>
    transaction(deps.admission.prisma, async (tx) => {
      const project = await lockProject(tx, named.projectId);
      if (!project) throw requestNotFound();
      if (project.ending)
        throw new CloudError("InvalidState", "This project is being deleted.", { reason: "projectEnding" });
      await work(tx, await lockWaitingRequest(tx, { id, generation }, refusal), project.name);
    }),
  );
  deps.hints.publish("event");
}

function refusal(meanwhile: Meanwhile, { decidedBy, state }: QuotaRequest): CloudError {
  if (meanwhile === "withdrawn")
    return new CloudError("Conflict", "This request was withdrawn meanwhile.", {
      reason: "requestWithdrawn",
    });
  if (meanwhile === "amended")
    return new CloudError("Conflict", "The project changed this request meanwhile.", {
      reason: "requestAmended",
    });
  const who = decidedBy ?? "";
  return new CloudError("Conflict", `${who} has decided this request already.`, {
    reason: "requestDecided",
    params: { who, state },
  });
}

/** A decision on old numbers must not take away what the project was given since. */
async function requireMore(tx: Tx, { projectId, userId }: QuotaRequest, limits: Limits): Promise<void> {
  const lines = await quotaLines(tx, projectId, userId ?? projectId);
  const [less] = notMore(lines, limits);
  if (!less) return;
  throw new CloudError("InvalidInput", "The project is allowed as much already.", {
    reason: "grantNotMore",
    field: `limits.${less.resource}`,
    params: { resource: less.resource, limit: less.limit },
  });
}

async function write(tx: Tx, actor: Actor, { id }: QuotaRequest, decided: Decided): Promise<void> {
  await tx.$executeRaw`UPDATE quota_request SET decided_at = statement_timestamp() WHERE id = ${id}::uuid`;
  await tx.quotaRequest.update({
    where: { id },
    data: { ...decided, decidedById: actor.userId, decidedBy: actor.name, generation: { increment: 1 } },
  });
}

async function record(
  tx: Tx,
  actor: Actor,
  { request, projectName }: { request: QuotaRequest; projectName: string },
  action: string,
  params: { [name: string]: string },
  changes: Changes,
): Promise<void> {
  const { id, projectId } = request;
  const subject = { kind: "quota_request", id, name: projectName, projectId };
  await recordEvent(tx, { actor, subject, action, params, changes });
}
