/** A cloud in a fresh database for the controller's tests: rows as admission writes them, reports as the API's ingest does. */
import { type PublicError, publicError } from "@madang/core/errors";
import type { GuestObserved, StopCause } from "@madang/core/wire/guest";
import {
  type Database,
  type Guest,
  type Instance,
  lockInstance,
  openDatabase,
  PrismaNamespace,
  transaction,
  type Volume,
  writeStatus,
} from "@madang/db";
import { freshDatabase } from "@madang/db/testing";
import type { ReconcileDeps } from "../reconcilers/instance.ts";

export type TestCloud = {
  database: Database;
  projectId: string;
  deps: ReconcileDeps;
  hints: string[];
  close: () => Promise<void>;
};

export async function openTestCloud(): Promise<TestCloud> {
  const fresh = await freshDatabase();
  const database = openDatabase(fresh.url, 30);
  const { prisma } = database;
  const domainId = crypto.randomUUID();
  const projectId = crypto.randomUUID();
  await prisma.domain.create({ data: { id: domainId, name: "default" } });
  await prisma.project.create({ data: { id: projectId, domainId, name: "demo" } });
  const hints: string[] = [];
  const openedAt = new Date();
  const deps: ReconcileDeps = {
    prisma,
    publish: (...topics) => hints.push(...topics),
    onCapacity: () => {},
    wakeNetwork: async () => {
      hints.push("network");
    },
    wakeVolumes: async (_tx, ids) => {
      hints.push(...ids.map((id) => `volume:${id}`));
    },
    // A clock that stands: on a slow machine a silent hypervisor must not grow old in the middle of a test.
    now: () => openedAt,
  };
  const close = async () => {
    await database.close();
    await fresh.drop();
  };
  return { database, projectId, deps, hints, close };
}

const imageSource = { sha256: "a".repeat(64), sizeBytes: 1, virtualSizeBytes: 1024 ** 3, format: "qcow2" };

type InstanceFields = Partial<
  Pick<
    Instance,
    | "name"
    | "ramMib"
    | "vcpus"
    | "diskGib"
    | "scheduleDeadline"
    | "power"
    | "rebootSeq"
    | "crashPolicy"
    | "adoptGuestId"
    | "adoptHypervisorId"
  >
>;

export async function addInstance(
  { database: { prisma }, projectId }: TestCloud,
  fields: InstanceFields = {},
): Promise<string> {
  const id = crypto.randomUUID();
  await prisma.instance.create({
    data: {
      id,
      projectId,
      name: "one",
      hostname: "one",
      flavorName: "small",
      vcpus: 1,
      ramMib: 1024,
      diskGib: 1,
      imageName: "tiny",
      imageSource,
      machineType: "pc-q35-7.2",
      scheduleDeadline: new Date(Date.now() + 120_000),
      ...fields,
    },
  });
  await addOperation(prisma, id, "instance.launch", 1);
  return id;
}

async function addOperation(
  prisma: Database["prisma"],
  resourceId: string,
  kind: string,
  targetGeneration: number,
): Promise<string> {
  const id = crypto.randomUUID();
  await prisma.operation.create({
    data: {
      id,
      kind,
      actorName: "someone",
      requestId: `req-${crypto.randomUUID()}`,
      resourceKind: "instance",
      resourceId,
      resourceName: "one",
      targetGeneration,
    },
  });
  return id;
}

type VolumeFields = Partial<
  Pick<
    Volume,
    | "sizeGib"
    | "status"
    | "deleteProtection"
    | "hypervisorId"
    | "availabilityZone"
    | "source"
    | "sourceVolumeId"
    | "made"
    | "observed"
    | "ackedGeneration"
    | "observedSizeBytes"
    | "revertSeq"
  >
>;

export async function addVolume(
  { database: { prisma }, projectId }: TestCloud,
  fields: VolumeFields & { hostFault?: PublicError } = {},
): Promise<string> {
  const type = { name: "standard", isDefault: true };
  const { id: volumeTypeId } = await prisma.volumeType.upsert({
    where: { name: type.name },
    create: { id: crypto.randomUUID(), ...type },
    update: {},
  });
  const id = crypto.randomUUID();
  await prisma.volume.create({ data: { id, projectId, volumeTypeId, name: "data", sizeGib: 1, ...fields } });
  return id;
}

export async function addHypervisor(
  { database: { prisma } }: TestCloud,
  fields: { ramMib?: number; vcpus?: number; enabled?: boolean } = {},
): Promise<string> {
  const id = crypto.randomUUID();
  await prisma.hypervisor.create({
    data: {
      id,
      name: `host-${id}`,
      enabled: fields.enabled ?? true,
      driver: "simulated",
      lastSeenAt: new Date(),
      inventory: {
        vcpus: fields.vcpus ?? 16,
        ramMib: fields.ramMib ?? 64_512,
        diskGib: 1_000,
        cpuModel: "test",
        kernel: "test",
      },
      capabilities: {
        graphicalConsole: true,
        serialConsole: true,
        consoleLog: true,
        realDisks: false,
        acceleration: "none",
      },
    },
  });
  return id;
}

/** What admission does: changes the wish, makes a new generation and an operation that waits for it. */
export async function wish(
  { database: { prisma } }: TestCloud,
  id: string,
  kind:
    | "instance.start"
    | "instance.stop"
    | "instance.reboot"
    | "instance.reset"
    | "instance.delete"
    | "instance.force-delete",
): Promise<string> {
  return transaction(prisma, async (tx) => {
    await lockInstance(tx, id);
    const changes = {
      "instance.start": { power: "running" },
      "instance.stop": { power: "stopped" },
      "instance.reboot": { rebootSeq: { increment: 1 } },
      "instance.reset": { resetSeq: { increment: 1 }, scheduleDeadline: new Date(Date.now() + 120_000) },
      "instance.delete": { deleteRequestedAt: new Date() },
      "instance.force-delete": { deleteRequestedAt: new Date(), forceDeleteRequestedAt: new Date() },
    } as const;
    const row = await tx.instance.update({
      where: { id },
      data: { ...changes[kind], generation: { increment: 1 } },
    });
    await writeStatus(tx, id);
    const operationId = crypto.randomUUID();
    await tx.operation.create({
      data: {
        id: operationId,
        kind: kind === "instance.force-delete" ? "instance.delete" : kind,
        actorName: "someone",
        requestId: `req-${operationId}`,
        resourceKind: "instance",
        resourceId: id,
        resourceName: row.name,
        targetGeneration: row.generation,
      },
    });
    return operationId;
  });
}

export type GuestAnswer = {
  observed: GuestObserved;
  generation?: number;
  stopCause?: StopCause;
  rebootSeq?: number;
  phase?: string;
  percent?: number;
  fault?: PublicError;
};

/** What the ingest does with one guest of a report: an answer to an older or unknown generation changes nothing. */
export async function answer(
  { database: { prisma } }: TestCloud,
  guest: Guest,
  said: GuestAnswer,
): Promise<void> {
  const generation = said.generation ?? guest.generation;
  await transaction(prisma, async (tx) => {
    await lockInstance(tx, guest.instanceId);
    await tx.guest.updateMany({
      where: { id: guest.id, generation: { gte: generation }, ackedGeneration: { lte: generation } },
      data: {
        observed: said.observed,
        ackedGeneration: generation,
        observedRebootSeq: said.rebootSeq ?? guest.rebootSeq,
        stopCause: said.stopCause ?? null,
        phase: said.phase ?? null,
        percent: said.percent ?? null,
        fault: said.fault ? publicError.parse(said.fault) : PrismaNamespace.DbNull,
        reportedAt: new Date(),
      },
    });
    await writeStatus(tx, guest.instanceId);
  });
}

/** An agent that does at once what it is told. */
export async function obey(cloud: TestCloud, instanceId: string): Promise<void> {
  const guests = await cloud.database.prisma.guest.findMany({ where: { instanceId } });
  for (const guest of guests) {
    const observed = guest.desired === "hold" ? "stopped" : guest.desired;
    const stopCause = observed === "stopped" ? "destroyed" : undefined;
    await answer(cloud, guest, { observed, ...(stopCause ? { stopCause } : {}) });
  }
}
