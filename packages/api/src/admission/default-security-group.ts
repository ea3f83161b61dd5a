import { appendEvent, type PrismaNamespace, type Tx } from "@madang/db";

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
  await tx.resourceId.create({ data: { id, kind: "security_group", projectId, bodyHash: "" } });
  await tx.securityGroupRule.createMany({ data: [...egressRules(id), ...ownRules(id)] });
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
type NewRule = PrismaNamespace.SecurityGroupRuleCreateManyInput;

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
