/** A project asks for more. Everybody who may ask in it may also amend or withdraw what waits: the quota is theirs together. */
import { CloudError } from "@madang/core/errors";
import { limitsText, notMore, storedLimits } from "@madang/core/quota/request";
import { type Limits, namedResources, type QuotaLine } from "@madang/core/quota/resource";
import { type QuotaRequest, quotaLines, type Tx, transaction } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { requireTypes } from "./limited-type.ts";
import { lockOpenProject } from "./open-project.ts";
import { type Changes, changesOf, recordEvent } from "./record.ts";
import { claimIds } from "./resource-id.ts";
import { lockWaitingRequest, type Meanwhile } from "./waiting-request.ts";

export type NewQuotaRequest = { id: string; projectId: string; asked: Limits; reason: string };
/** `generation`: the one that was looked at. */
type Ref = { id: string; projectId: string; generation: number };

/** Throws NotFound, InvalidInput (not more than what is allowed), Conflict (one is waiting already). */
export async function createQuotaRequest(
  deps: AdmissionDeps,
  actor: Actor,
  request: NewQuotaRequest,
): Promise<void> {
  const { id, projectId, asked, reason } = request;
  await inProject(deps, projectId, async (tx) => {
    const project = await lockOpenProject(tx, actor, projectId);
    const bodyHash = deps.seal.mark(JSON.stringify(["quota_request", actor.userId, request]));
    const claim = { id, kind: "quota_request", projectId, bodyHash };
    if ((await claimIds(tx, [claim])) === "repeat") return;
    const before = await requireMore(tx, actor, projectId, asked);
    await requireNoneWaits(tx, projectId, asked, id);
    const userName = actor.name;
    await tx.quotaRequest.create({ data: { id, projectId, userId: actor.userId, userName, asked, reason } });
    const changes = changesOf<string>(before, asked, namedResources(asked));
    await record(tx, actor, { ...request, projectName: project.name }, "quota_request.create", changes);
  });
  deps.hints.publish("event");
}

/** While it waits it may ask for something else. Throws NotFound, InvalidInput, InvalidState, Conflict. */
export async function amendQuotaRequest(
  deps: AdmissionDeps,
  actor: Actor,
  { id, projectId, generation, asked, reason }: Ref & { asked: Limits; reason: string },
): Promise<void> {
  await inProject(deps, projectId, async (tx) => {
    const project = await lockOpenProject(tx, actor, projectId);
    const before = await lockWaitingRequest(tx, { id, projectId, generation }, refusal);
    await requireMore(tx, actor, projectId, asked);
    await requireNoneWaits(tx, projectId, asked, id);
    await tx.quotaRequest.update({ where: { id }, data: { asked, reason, generation: { increment: 1 } } });
    const changes = {
      ...changesOfAsked(storedLimits.parse(before.asked), asked),
      ...changesOf(before, { reason }, ["reason"]),
    };
    const subject = { id, projectId, asked, projectName: project.name };
    await record(tx, actor, subject, "quota_request.amend", changes);
  });
  deps.hints.publish("event");
}

/** Throws NotFound, InvalidState, Conflict. */
export async function withdrawQuotaRequest(deps: AdmissionDeps, actor: Actor, ref: Ref): Promise<void> {
  const { id, projectId } = ref;
  await inProject(deps, projectId, async (tx) => {
    const project = await lockOpenProject(tx, actor, projectId);
    const before = await lockWaitingRequest(tx, ref, refusal);
    const state = "withdrawn";
    await tx.quotaRequest.update({ where: { id }, data: { state, generation: { increment: 1 } } });
    const subject = { id, projectId, asked: storedLimits.parse(before.asked), projectName: project.name };
    const changes = changesOf(before, { state }, ["state"]);
    await record(tx, actor, subject, "quota_request.withdraw", changes);
  });
  deps.hints.publish("event");
}

function inProject(deps: AdmissionDeps, projectId: string, work: (tx: Tx) => Promise<void>): Promise<void> {
  return deps.admissions.run(projectId, () => transaction(deps.admission.prisma, work));
}

function refusal(meanwhile: Meanwhile): CloudError {
  if (meanwhile === "amended")
    return new CloudError("Conflict", "Somebody else changed this quota request meanwhile.", {
      reason: "changedMeanwhile",
    });
  return new CloudError("InvalidState", "This quota request is no longer waiting.", {
    reason: "quotaRequestDecided",
  });
}

/** Answers the limits that count now, of what is asked. */
async function requireMore(
  tx: Tx,
  actor: Actor,
  projectId: string,
  asked: Limits,
): Promise<Record<string, number>> {
  await requireTypes(tx, asked, "asked");
  const lines = await quotaLines(tx, projectId, actor.userId);
  requireLimited(lines, asked);
  const [less] = notMore(lines, asked);
  if (less)
    throw new CloudError("InvalidInput", "Ask for more than what is allowed already.", {
      reason: "quotaNotMore",
      field: `asked.${less.resource}`,
      params: { resource: less.resource, limit: less.limit },
    });
  const named = lines.filter(({ resource }) => asked[resource] !== undefined);
  return Object.fromEntries(named.map(({ resource, limit }) => [resource, limit]));
}

/** A type without a line has no limit: there is nothing more of it. */
function requireLimited(lines: readonly QuotaLine[], asked: Limits): void {
  const known = new Set(lines.map(({ resource }) => resource));
  const free = namedResources(asked).find((resource) => !known.has(resource));
  if (free === undefined) return;
  throw new CloudError("InvalidInput", "Ask for more than what is allowed already.", {
    reason: "quotaNotMore",
    field: `asked.${free}`,
    params: { resource: free, limit: -1 },
  });
}

/** One at a time for a resource: two could be granted one over the other. */
async function requireNoneWaits(tx: Tx, projectId: string, asked: Limits, id: string): Promise<void> {
  const waiting = await tx.quotaRequest.findMany({ where: { projectId, state: "pending", id: { not: id } } });
  const shared = (of: QuotaRequest) => {
    const theirs = storedLimits.parse(of.asked);
    return namedResources(theirs).find((name) => asked[name] !== undefined);
  };
  const taken = waiting.map(shared).find((name) => name !== undefined);
  if (!taken) return;
  throw new CloudError("Conflict", "A request for this resource is waiting already: amend that one.", {
    reason: "quotaRequestWaiting",
    field: `asked.${taken}`,
    params: { resource: taken },
  });
}

/** One that is no longer asked for is told as a change too. */
function changesOfAsked(before: Limits, after: Limits): Changes {
  const names = namedResources(before, after);
  const all = (limits: Limits) => Object.fromEntries(names.map((name) => [name, limits[name] ?? null]));
  return changesOf<string>(all(before), all(after), names);
}

type Recorded = { id: string; projectId: string; projectName: string; asked: Limits };

async function record(
  tx: Tx,
  actor: Actor,
  { id, projectId, projectName, asked }: Recorded,
  action: string,
  changes: Changes,
): Promise<void> {
  const subject = { kind: "quota_request", id, name: projectName, projectId };
  await recordEvent(tx, { actor, subject, action, params: { asked: limitsText(asked) }, changes });
}
