import { CloudError } from "@madang/core/errors";
import { cloudNetworkId } from "@madang/core/network/cloud-network";
import { type SecurityGroup, type Tx, transaction, wake } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { securityGroupNotFound } from "../reads/security-group.ts";
import { lockOpenProject } from "./open-project.ts";
import type { Subject } from "./record.ts";

export type GroupRef = { projectId: string; id: string };

/** One transaction with the project's row locked, and the network's reconciler woken when something was changed. */
export async function changeGroups(
  deps: AdmissionDeps,
  actor: Actor,
  projectId: string,
  work: (tx: Tx) => Promise<"changed" | "same">,
): Promise<void> {
  await deps.admissions.run(projectId, () =>
    transaction(deps.admission.prisma, async (tx) => {
      await lockOpenProject(tx, actor, projectId);
      if ((await work(tx)) === "changed") await wake(deps.boss, tx, "network", cloudNetworkId);
    }),
  );
  deps.hints.publish("event");
}

/** Call it with the project's row locked. Throws NotFound. */
export async function groupOf(tx: Tx, { projectId, id }: GroupRef): Promise<SecurityGroup> {
  const group = await tx.securityGroup.findFirst({ where: { id, projectId } });
  if (group) return group;
  throw securityGroupNotFound();
}

/** Call it with the project's row locked. Throws NotFound when one of them is none of the project's. */
export async function requireGroups(
  tx: Tx,
  projectId: string,
  ids: readonly string[],
  field: string,
): Promise<void> {
  const wanted = [...new Set(ids)];
  const known = await tx.securityGroup.count({ where: { projectId, id: { in: wanted } } });
  if (known !== wanted.length) throw securityGroupNotFound(field);
}

export function groupSubject({
  id,
  name,
  projectId,
}: Pick<SecurityGroup, "id" | "name" | "projectId">): Subject {
  return { kind: "security_group", id, name, projectId };
}

/** What follows is that its ports obey the new rules. */
export async function bumpGroup(tx: Tx, id: string): Promise<void> {
  await tx.securityGroup.update({ where: { id }, data: { generation: { increment: 1 } } });
}

export function groupConflict(
  message: string,
  reason: string,
  params: { [key: string]: string | number } = {},
) {
  return new CloudError("Conflict", message, { reason, params });
}
