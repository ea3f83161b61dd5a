/** Who is in a project from its first moment on. */
import { CloudError } from "@madang/core/errors";
import type { Role } from "@madang/core/identity/permission";
import type { Tx } from "@madang/db";
import type { Actor } from "../context.ts";
import { bumpRoles } from "./locked-user.ts";
import { recordEvents, type Subject } from "./record.ts";
import { rolesText } from "./role-change.ts";

export type FirstMember = { kind: "user" | "group"; id: string; role: Role };

/** Throws NotFound for a user or a group that is not there. */
export async function addFirstMembers(
  tx: Tx,
  actor: Actor,
  { id: projectId }: Subject,
  members: readonly FirstMember[],
): Promise<void> {
  const names = await namesOf(tx, members);
  const fields = { projectId, grantedBy: actor.name };
  const given = ({ id, role }: FirstMember) => ({ id, role });
  const users = members.filter(({ kind }) => kind === "user").map(given);
  const groups = members.filter(({ kind }) => kind === "group").map(given);
  await tx.roleAssignment.createMany({
    data: users.map(({ id, role }) => ({ ...fields, userId: id, role })),
    skipDuplicates: true,
  });
  await tx.groupRoleAssignment.createMany({
    data: groups.map(({ id, role }) => ({ ...fields, groupId: id, role })),
    skipDuplicates: true,
  });
  const inGroups = await tx.groupMember.findMany({
    where: { groupId: { in: groups.map(({ id }) => id) } },
    select: { userId: true },
  });
  await bumpRoles(tx, [...users.map(({ id }) => id), ...inGroups.map(({ userId }) => userId)]);
  await recordEvents(
    tx,
    [...names].map(([key, { kind, id, name }]) => {
      const roles = rolesText(members.filter((one) => keyOf(one) === key).map(({ role }) => role));
      return {
        actor,
        subject: { kind, id, name, projectId },
        action: "member.add",
        params: { roles },
        changes: { roles: ["", roles] },
      };
    }),
  );
}

type Named = { kind: string; id: string; name: string };
const keyOf = ({ kind, id }: { kind: string; id: string }) => `${kind}:${id}`;

async function namesOf(tx: Tx, members: readonly FirstMember[]): Promise<Map<string, Named>> {
  const idsOf = (kind: FirstMember["kind"]) => members.filter((one) => one.kind === kind).map(({ id }) => id);
  const select = { id: true, name: true } as const;
  const users = await tx.user.findMany({ where: { id: { in: idsOf("user") } }, select });
  const groups = await tx.group.findMany({ where: { id: { in: idsOf("group") } }, select });
  const named = [
    ...users.map((row) => ({ kind: "user", ...row })),
    ...groups.map((row) => ({ kind: "group", ...row })),
  ];
  const known = new Map(named.map((one) => [keyOf(one), one]));
  const missing = members.findIndex((member) => !known.has(keyOf(member)));
  const { [missing]: stranger } = members;
  if (!stranger) return known;
  throw new CloudError("NotFound", "One of the members is not there.", {
    reason: stranger.kind === "user" ? "userNotFound" : "groupNotFound",
    field: `members.${missing}`,
  });
}
