/** Projects, as administrators make and change them. Names are unique in a domain. */
import { CloudError } from "@madang/core/errors";
import { storedLimits } from "@madang/core/quota/request";
import type { Limits } from "@madang/core/quota/resource";
import { lockProject, type Project, type Tx, transaction } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { addFirstMembers, type FirstMember } from "./first-member.ts";
import { setLimits } from "./quota-limit.ts";
import { type Changes, changesOf, recordEvent, type Subject } from "./record.ts";
import { claimIds } from "./resource-id.ts";

export type NewProject = {
  id: string;
  name: string;
  description: string;
  /** Its limits come first; null: the defaults. */
  templateId: string | null;
  /** Instead of the template's or the default ones. */
  limits: Limits;
  members: readonly FirstMember[];
};
export type ProjectChanges = { name?: string | undefined; description?: string | undefined };

/** All of it or nothing. Throws Conflict (a name that is taken) and NotFound (a template, user or group that is not there). */
export async function createProject(deps: AdmissionDeps, actor: Actor, project: NewProject): Promise<void> {
  await transaction(deps.admission.prisma, async (tx) => {
    const { id, name, description, templateId, members } = project;
    const bodyHash = deps.seal.mark(JSON.stringify(["project.create", actor.userId, project]));
    if ((await claimIds(tx, [{ id, kind: "project", projectId: null, bodyHash }])) === "repeat") return;
    const domainId = await domainOf(tx, actor);
    await requireFreeName(tx, domainId, name, id);
    const template = await templateOf(tx, templateId);
    await tx.project.create({ data: { id, domainId, name, description } });
    const limits = { ...template.limits, ...project.limits };
    const changes = await setLimits(tx, id, limits, null);
    const subject = subjectOf({ id, name });
    const params = { members: members.length, template: template.name };
    await recordEvent(tx, { actor, subject, action: "project.create", params, changes });
    await addFirstMembers(tx, actor, subject, members);
  });
  deps.hints.publish("event");
}

/** `generation`: the one that was looked at. Throws NotFound, Conflict (changed meanwhile; a name that is taken). */
export async function updateProject(
  deps: AdmissionDeps,
  actor: Actor,
  id: string,
  generation: number,
  changes: ProjectChanges,
): Promise<void> {
  await transaction(deps.admission.prisma, async (tx) => {
    const before = await lockedProject(tx, id);
    if (before.generation !== generation) throw changedMeanwhile();
    if (changes.name !== undefined) await requireFreeName(tx, before.domainId, changes.name, id);
    await write(tx, actor, before, changes);
  });
  deps.hints.publish("event");
}

/** What its managers may change. Throws NotFound. */
export async function describeProject(
  deps: AdmissionDeps,
  actor: Actor,
  id: string,
  description: string,
): Promise<void> {
  await transaction(deps.admission.prisma, async (tx) => {
    await write(tx, actor, await lockedProject(tx, id), { description });
  });
  deps.hints.publish("event");
}

async function write(tx: Tx, actor: Actor, before: Project, changes: ProjectChanges): Promise<void> {
  const changed = changesOf(before, changes, ["name", "description"]);
  if (Object.keys(changed).length === 0) return;
  const data = { ...changes, generation: { increment: 1 } };
  const after = await tx.project.update({ where: { id: before.id }, data });
  await recordEvent(tx, { actor, subject: subjectOf(after), action: "project.update", changes: changed });
}

/**
 * Disabled: nobody sees it but in the administrator's area, and its credentials stop; its instances go on. Asked twice,
 * it is the same. Throws NotFound.
 */
export async function setProjectEnabled(
  deps: AdmissionDeps,
  actor: Actor,
  id: string,
  enabled: boolean,
): Promise<void> {
  await transaction(deps.admission.prisma, async (tx) => {
    const before = await lockedProject(tx, id);
    if (before.enabled === enabled) return;
    await tx.project.update({ where: { id }, data: { enabled, generation: { increment: 1 } } });
    const action = enabled ? "project.enable" : "project.disable";
    const changes: Changes = changesOf(before, { enabled }, ["enabled"]);
    await recordEvent(tx, { actor, subject: subjectOf(before), action, changes });
  });
  deps.hints.publish("event", "console");
}

/** Throws NotFound. */
export async function lockedProject(tx: Tx, id: string): Promise<Project> {
  await lockProject(tx, id);
  const project = await tx.project.findUnique({ where: { id } });
  if (project) return project;
  throw new CloudError("NotFound", "There is no such project.", { reason: "projectNotFound" });
}

export function subjectOf({ id, name }: { id: string; name: string }): Subject {
  return { kind: "project", id, name, projectId: id };
}

async function domainOf(tx: Tx, { userId }: Actor): Promise<string> {
  const { domainId } = await tx.user.findUniqueOrThrow({ where: { id: userId }, select: { domainId: true } });
  return domainId;
}

/** Two projects that ask for one name at the same moment: the second sees the first's. */
async function requireFreeName(tx: Tx, domainId: string, name: string, id: string): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('project.name'))`;
  const taken = await tx.project.findFirst({
    where: { domainId, name, id: { not: id } },
    select: { id: true },
  });
  if (!taken) return;
  throw new CloudError("Conflict", "There is already a project of this name.", {
    reason: "nameTaken",
    field: "name",
  });
}

async function templateOf(tx: Tx, id: string | null): Promise<{ name: string | null; limits: Limits }> {
  if (id === null) return { name: null, limits: {} };
  const template = await tx.quotaTemplate.findUnique({ where: { id } });
  if (template) return { name: template.name, limits: storedLimits.parse(template.limits) };
  throw new CloudError("NotFound", "There is no such quota template.", {
    reason: "quotaTemplateNotFound",
    field: "templateId",
  });
}

export function changedMeanwhile(): CloudError {
  return new CloudError("Conflict", "Somebody else changed this project meanwhile.", {
    reason: "changedMeanwhile",
  });
}
