import { appendEvent, type PrismaNamespace, type Tx } from "@madang/db";
import { rememberIds } from "./resource-id.ts";

/** OpenStack's name and text of it; no other group of a project may be called so. */
export const defaultGroupName = "default";
const description = "Default security group";

export type GroupRef = { id: string; name: string };

/**
 * What a port gets that names no group; made with the first need of it, with OpenStack's rules. Whoever asks at the same
 * moment gets the same one: the name is unique in a project.
 */
export async function defaultSecurityGroup(tx: Tx, projectId: string): Promise<GroupRef> {
  const known = await defaultOf(tx, projectId);
  if (known) return known;
  const id = crypto.randomUUID();
  const group = { id, projectId, name: defaultGroupName, description, isDefault: true };
  const { count } = await tx.securityGroup.createMany({ data: [group], skipDuplicates: true });
  if (count === 0) return await defaultMadeMeanwhile(tx, projectId);
  await rememberIds(tx, projectId, [["security_group", id]]);
  await insertFirstRules(tx, projectId, [...egressRules(id), ...ownRules(id)]);
  await appendEvent(tx, {
    projectId,
    actorKind: "system",
    actorName: "",
    resourceKind: "security_group",
    resourceId: id,
    resourceName: group.name,
    action: "security_group.create",
    result: "accepted",
  });
  return { id, name: group.name };
}

/** As `defaultSecurityGroup`, for several projects; by project. */
export async function defaultSecurityGroups(
  tx: Tx,
  projectIds: readonly string[],
): Promise<Map<string, GroupRef>> {
  if (projectIds.length === 0) return new Map();
  const known = await tx.securityGroup.findMany({
    where: { projectId: { in: [...projectIds] }, isDefault: true },
    select: { id: true, name: true, projectId: true },
  });
  const groups = new Map<string, GroupRef>(known.map(({ projectId, ...group }) => [projectId, group]));
  for (const projectId of projectIds)
    if (!groups.has(projectId)) groups.set(projectId, await defaultSecurityGroup(tx, projectId));
  return groups;
}

async function defaultOf(tx: Tx, projectId: string): Promise<GroupRef | null> {
  return await tx.securityGroup.findFirst({
    where: { projectId, isDefault: true },
    select: { id: true, name: true },
  });
}

async function defaultMadeMeanwhile(tx: Tx, projectId: string): Promise<GroupRef> {
  const made = await defaultOf(tx, projectId);
  if (made) return made;
  throw new TypeError(`project ${projectId} has another group called ${defaultGroupName}`);
}

const families = ["IPv4", "IPv6"] as const;
type NewRule = PrismaNamespace.SecurityGroupRuleCreateManyInput & { id: string };

/** Of a group that is made in this transaction. */
export async function insertFirstRules(tx: Tx, projectId: string, rules: readonly NewRule[]): Promise<void> {
  await rememberIds(
    tx,
    projectId,
    rules.map(({ id }) => ["security_group_rule", id]),
  );
  await tx.securityGroupRule.createMany({ data: [...rules] });
}

/** What every new group begins with: its ports may reach anybody. */
export function egressRules(securityGroupId: string): NewRule[] {
  return families.map((etherType) => ({
    id: crypto.randomUUID(),
    securityGroupId,
    direction: "egress",
    etherType,
  }));
}

/** Its ports may be reached by each other. */
function ownRules(securityGroupId: string): NewRule[] {
  return families.map((etherType) => ({
    id: crypto.randomUUID(),
    securityGroupId,
    direction: "ingress",
    etherType,
    remoteGroupId: securityGroupId,
  }));
}
