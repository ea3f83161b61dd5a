/** A project's rows as its plan sees them. */
import { hypervisorState } from "@madang/core/hypervisor/state";
import type { Operation, Project, Tx } from "@madang/db";
import { countNetworks } from "./project.networks.ts";
import type { ProjectPlanView } from "./project.plan.ts";
import { countVolumes } from "./project.volumes.ts";

export type LoadedProject = {
  row: Project;
  view: ProjectPlanView;
  operation: Operation | null;
  /** Names of instances that wait for a hypervisor which does not answer. */
  waitingFor: string[];
  now: Date;
};
type Reads = Pick<
  Tx,
  | "project"
  | "operation"
  | "instance"
  | "volume"
  | "image"
  | "guest"
  | "network"
  | "router"
  | "floatingIp"
  | "securityGroup"
  | "port"
>;

/** So many are named; who wants all of them looks at the instances. */
const mostNamed = 5;

/** null when the project is gone. */
export async function loadProject(tx: Reads, id: string, now: Date): Promise<LoadedProject | null> {
  const row = await tx.project.findUnique({ where: { id } });
  if (!row) return null;
  const operation = await tx.operation.findFirst({
    where: { resourceId: id, kind: "project.delete", state: { in: ["pending", "running"] } },
    orderBy: { createdAt: "asc" },
  });
  const view = {
    deleteRequested: row.deleteRequestedAt !== null,
    instances: await tx.instance.count({ where: { projectId: id } }),
    unasked: await tx.instance.count({ where: { projectId: id, deleteRequestedAt: null } }),
    asked: operation ? await tx.operation.count({ where: { parentId: operation.id } }) : 0,
    ...(await countVolumes(tx, id)),
    images: await tx.image.count({ where: { projectId: id } }),
    networks: await countNetworks(tx, id),
  };
  const waitingFor = view.deleteRequested ? await namesOfWaiting(tx, id, now) : [];
  return { row, view, operation, waitingFor, now };
}

/** A revoked or fenced hypervisor is waited for by nobody. */
async function namesOfWaiting(tx: Reads, projectId: string, now: Date): Promise<string[]> {
  const hypervisor = {
    enabled: true,
    revokedAt: true,
    fencedAt: true,
    fencedBootId: true,
    bootId: true,
    lastSeenAt: true,
  } as const;
  const guests = await tx.guest.findMany({
    where: { instance: { projectId, deleteRequestedAt: { not: null } }, lostAt: null },
    select: { hypervisor: { select: hypervisor }, instance: { select: { name: true } } },
    orderBy: { id: "asc" },
  });
  const silent = guests.filter(({ hypervisor }) => hypervisorState(hypervisor, now) === "down");
  return [...new Set(silent.map(({ instance }) => instance.name))].slice(0, mostNamed);
}
