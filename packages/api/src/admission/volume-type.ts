/** What kinds of volumes the cloud offers: which storage keeps them, and how fast they may be. */
import { CloudError } from "@madang/core/errors";
import type { NewVolumeType, VolumeTypeChanges } from "@madang/core/volume/volume-input";
import { type Tx, transaction, type VolumeType } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { hintHost } from "./change-volume.ts";
import { forgetLimits } from "./limited-type.ts";
import { changesOf, recordEvent } from "./record.ts";
import { claimIds } from "./resource-id.ts";
import { requireStill } from "./still.ts";
import { setTypeProjects } from "./volume-type-access.ts";

export async function createVolumeType(
  deps: AdmissionDeps,
  actor: Actor,
  type: NewVolumeType,
): Promise<void> {
  await changeTypes(deps, actor, async (tx) => {
    const bodyHash = deps.seal.mark(JSON.stringify(["volume_type", type]));
    const claim = { id: type.id, kind: "volume_type", projectId: null, bodyHash };
    if ((await claimIds(tx, [claim])) === "repeat") return;
    await requireFreeName(tx, type.name, type.id);
    const { projectIds, ...data } = type;
    const { changes: params } = await setTypeProjects(tx, await tx.volumeType.create({ data }), projectIds);
    await recordEvent(tx, { actor, subject: typeSubject(type), action: "volume_type.create", params });
  });
}

/** Limits count for what is attached as well: its hypervisor is told. */
export async function updateVolumeType(
  deps: AdmissionDeps,
  actor: Actor,
  id: string,
  { projectIds, ...wish }: VolumeTypeChanges,
): Promise<void> {
  let hosts: string[] = [];
  await changeTypes(deps, actor, async (tx) => {
    if (wish.name !== undefined) await requireFreeName(tx, wish.name, id);
    const before = await locked(tx, id);
    const changes = changesOf(before, wish, ["name", "description", "public", "qos"]);
    if (wish.public === false) requireNotDefault(before);
    const type = await tx.volumeType.update({ where: { id }, data: wish });
    const { changed, changes: params } = await setTypeProjects(tx, type, projectIds);
    if (Object.keys(changes).length === 0 && !changed) return;
    await recordEvent(tx, {
      actor,
      subject: typeSubject(type),
      action: "volume_type.update",
      changes,
      params,
    });
    hosts = "qos" in changes ? await hostsOf(tx, id) : [];
  });
  for (const host of hosts) hintHost(deps, host);
}

/** Where guests have volumes of it. */
async function hostsOf(tx: Tx, volumeTypeId: string): Promise<string[]> {
  const rows = await tx.volume.findMany({
    where: { volumeTypeId, hypervisorId: { not: null }, attachments: { some: {} } },
    select: { hypervisorId: true },
    distinct: ["hypervisorId"],
  });
  return rows.flatMap(({ hypervisorId }) => hypervisorId ?? []);
}

/** Throws Conflict where volumes are of it, or where volumes that name no type would have none. */
export async function deleteVolumeType(deps: AdmissionDeps, actor: Actor, id: string): Promise<void> {
  await changeTypes(deps, actor, async (tx) => {
    const type = await locked(tx, id);
    requireNotDefault(type);
    const count = await tx.volume.count({ where: { volumeTypeId: id } });
    if (count > 0)
      throw new CloudError("Conflict", "There are volumes of this type.", {
        reason: "volumeTypeInUse",
        params: { count },
      });
    await forgetLimits(tx, id);
    await tx.volumeType.delete({ where: { id } });
    await recordEvent(tx, { actor, subject: typeSubject(type), action: "volume_type.delete" });
  });
}

/** There is one at most. */
export async function setDefaultVolumeType(deps: AdmissionDeps, actor: Actor, id: string): Promise<void> {
  await changeTypes(deps, actor, async (tx) => {
    const type = await locked(tx, id);
    if (type.isDefault) return;
    await tx.volumeType.updateMany({ where: { isDefault: true }, data: { isDefault: false } });
    const open = await tx.volumeType.update({ where: { id }, data: { isDefault: true, public: true } });
    await setTypeProjects(tx, open, []);
    await recordEvent(tx, { actor, subject: typeSubject(type), action: "volume_type.set-default" });
  });
}

/** Few and rare: one after the other. */
async function changeTypes(
  deps: AdmissionDeps,
  actor: Actor,
  work: (tx: Tx) => Promise<void>,
): Promise<void> {
  await transaction(deps.admission.prisma, async (tx) => {
    await tx.$queryRaw`SELECT pg_advisory_xact_lock(hashtext('madang_volume_type'))::text`;
    await requireStill(tx, actor);
    await work(tx);
  });
  deps.hints.publish("event");
}

async function requireFreeName(tx: Tx, name: string, id: string): Promise<void> {
  const taken = await tx.volumeType.findFirst({ where: { name, id: { not: id } }, select: { id: true } });
  if (taken)
    throw new CloudError("Conflict", "There is already a volume type of this name.", {
      reason: "nameTaken",
      field: "name",
    });
}

function requireNotDefault({ isDefault }: VolumeType): void {
  if (!isDefault) return;
  throw new CloudError("Conflict", "This is the usual volume type. Make another one the usual one first.", {
    reason: "volumeTypeDefault",
  });
}

/** Against new volumes of it too. */
async function locked(tx: Tx, id: string): Promise<VolumeType> {
  await tx.$queryRaw`SELECT 1 FROM volume_type WHERE id = ${id}::uuid FOR UPDATE`;
  const type = await tx.volumeType.findUnique({ where: { id } });
  if (!type) throw volumeTypeNotFound();
  return type;
}

/** One that the project's members may choose, or the usual one; it stays until this transaction ends. Throws NotFound. */
export async function choosableType(tx: Tx, projectId: string, id: string | null): Promise<VolumeType> {
  const open = { OR: [{ public: true }, { projects: { some: { projectId } } }] };
  const where = id === null ? { isDefault: true } : { id, ...open };
  const named = await tx.volumeType.findFirst({ where, select: { id: true } });
  if (named) await tx.$queryRaw`SELECT 1 FROM volume_type WHERE id = ${named.id}::uuid FOR KEY SHARE`;
  const type = named && (await tx.volumeType.findUnique({ where: { id: named.id } }));
  if (!type) throw volumeTypeNotFound("volumeTypeId");
  return type;
}

export function volumeTypeNotFound(field?: string): CloudError {
  return new CloudError("NotFound", "There is no such volume type.", {
    reason: "volumeTypeNotFound",
    ...(field === undefined ? {} : { field }),
  });
}

function typeSubject({ id, name }: { id: string; name: string }) {
  return { kind: "volume_type", id, name, projectId: null };
}
