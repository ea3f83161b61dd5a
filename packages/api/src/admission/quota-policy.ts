/** What a project is allowed without limits of its own, and sets of limits that a new one may be given. */
import { CloudError } from "@madang/core/errors";
import { limitsText, storedLimits } from "@madang/core/quota/request";
import { type Limits, namedResources } from "@madang/core/quota/resource";
import { isTypeResource } from "@madang/core/quota/type-resource";
import { type QuotaTemplate, type Tx, transaction } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { requireTypes } from "./limited-type.ts";
import { changedMeanwhile, requireSame, withUnsaid } from "./quota-limit.ts";
import { changesOf, recordEvent, type Subject } from "./record.ts";
import { claimIds } from "./resource-id.ts";

export type NewTemplate = { id: string; name: string; description: string; limits: Limits };
export type TemplateChanges = {
  name?: string | undefined;
  description?: string | undefined;
  limits?: Limits | undefined;
};
/** A template as it was looked at. */
type LookedTemplate = Pick<NewTemplate, "name" | "description" | "limits">;

const nilUuid = "00000000-0000-0000-0000-000000000000";
const defaults: Subject = { kind: "quota", id: nilUuid, name: "defaults", projectId: null };

/**
 * Counts at once for every project without a limit of its own, whatever it uses. `was`: the defaults that were looked at.
 * Throws Conflict (changed meanwhile).
 */
export async function setQuotaDefaults(
  deps: AdmissionDeps,
  actor: Actor,
  limits: Limits,
  was: Limits = {},
): Promise<void> {
  await transaction(deps.admission.prisma, async (tx) => {
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('quota_default'))`;
    await requireTypes(tx, limits);
    const rows = await tx.quotaDefault.findMany();
    const before: Limits = Object.fromEntries(rows.map(({ resource, limit }) => [resource, limit]));
    requireSame(was, before);
    const changes = changesOf<string>(withUnsaid(before, limits), limits, namedResources(limits));
    if (Object.keys(changes).length === 0) return;
    for (const resource of namedResources(limits)) await setDefault(tx, resource, limits[resource] ?? 0);
    await recordEvent(tx, { actor, subject: defaults, action: "quota.set-defaults", changes });
  });
  deps.hints.publish("event");
}

/** A volume type without a limit has no row. */
async function setDefault(tx: Tx, resource: string, limit: number): Promise<void> {
  if (limit < 0 && isTypeResource(resource)) await tx.quotaDefault.deleteMany({ where: { resource } });
  else await tx.quotaDefault.upsert({ where: { resource }, create: { resource, limit }, update: { limit } });
}

/** Throws Conflict for a name that is taken, InvalidInput for a volume type that is not there. */
export async function createTemplate(
  deps: AdmissionDeps,
  actor: Actor,
  template: NewTemplate,
): Promise<void> {
  await transaction(deps.admission.prisma, async (tx) => {
    const bodyHash = deps.seal.mark(JSON.stringify(["quota_template", template]));
    const claim = { id: template.id, kind: "quota_template", projectId: null, bodyHash };
    if ((await claimIds(tx, [claim])) === "repeat") return;
    const types = await requireTypes(tx, template.limits);
    await requireFreeName(tx, template.name, template.id);
    await tx.quotaTemplate.create({ data: template });
    const params = { limits: limitsText(template.limits, types) };
    await recordEvent(tx, { actor, subject: subjectOf(template), action: "quota_template.create", params });
  });
  deps.hints.publish("event");
}

/** Projects made from it keep what they were given. Throws NotFound, Conflict (changed meanwhile; a name that is taken). */
export async function updateTemplate(
  deps: AdmissionDeps,
  actor: Actor,
  id: string,
  { limits, ...fields }: TemplateChanges,
  was?: LookedTemplate,
): Promise<void> {
  await transaction(deps.admission.prisma, async (tx) => {
    // Types before templates, as the deletion of a type locks them.
    await requireTypes(tx, limits ?? {});
    const before = await lockedTemplate(tx, id);
    requireLookedTemplate(before, was);
    if (fields.name !== undefined) await requireFreeName(tx, fields.name, id);
    const after = await tx.quotaTemplate.update({
      where: { id },
      data: { ...fields, ...(limits ? { limits } : {}) },
    });
    const changes = changesOf(plain(before), plain(after), ["name", "description", "limits"]);
    if (Object.keys(changes).length === 0) return;
    await recordEvent(tx, { actor, subject: subjectOf(after), action: "quota_template.update", changes });
  });
  deps.hints.publish("event");
}

/** Throws NotFound. */
export async function deleteTemplate(deps: AdmissionDeps, actor: Actor, id: string): Promise<void> {
  await transaction(deps.admission.prisma, async (tx) => {
    const template = await lockedTemplate(tx, id);
    await tx.quotaTemplate.delete({ where: { id } });
    const params = { limits: limitsText(storedLimits.parse(template.limits)) };
    await recordEvent(tx, { actor, subject: subjectOf(template), action: "quota_template.delete", params });
  });
  deps.hints.publish("event");
}

function requireLookedTemplate(now: QuotaTemplate, was: LookedTemplate | undefined): void {
  if (!was) return;
  const limits = storedLimits.parse(now.limits);
  requireSame(was.limits, limits);
  requireSame(limits, was.limits);
  if (was.name === now.name && was.description === now.description) return;
  throw changedMeanwhile();
}

const plain = ({ name, description, limits }: QuotaTemplate) => ({
  name,
  description,
  limits: limitsText(storedLimits.parse(limits)),
});

const subjectOf = ({ id, name }: Pick<QuotaTemplate, "id" | "name">): Subject => ({
  kind: "quota_template",
  id,
  name,
  projectId: null,
});

async function lockedTemplate(tx: Tx, id: string): Promise<QuotaTemplate> {
  await tx.$queryRaw`SELECT 1 FROM quota_template WHERE id = ${id}::uuid FOR UPDATE`;
  const template = await tx.quotaTemplate.findUnique({ where: { id } });
  if (template) return template;
  throw new CloudError("NotFound", "There is no such quota template.", { reason: "quotaTemplateNotFound" });
}

/** Two templates that ask for one name at the same moment: the second sees the first's. */
async function requireFreeName(tx: Tx, name: string, id: string): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('quota_template.name'))`;
  const taken = await tx.quotaTemplate.findFirst({
    where: { name, id: { not: id } },
    select: { id: true },
  });
  if (!taken) return;
  throw new CloudError("Conflict", "There is already a quota template of this name.", {
    reason: "nameTaken",
    field: "name",
  });
}
