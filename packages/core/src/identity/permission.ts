/**
 * Who may do what. Every procedure names one permission; `authorise()` in packages/api is the only judge. A permission
 * has a scope: `project` is decided by a person's roles in the project named, `system` by roles over the whole cloud,
 * `self` needs only a sign-in.
 */
export const roles = ["admin", "manager", "member", "reader"] as const;
export type Role = (typeof roles)[number];

type Rule = { scope: "project" | "system"; roles: readonly Role[] } | { scope: "self" };

const readers = ["admin", "manager", "member", "reader"] as const;
const members = ["admin", "manager", "member"] as const;
const admins = ["admin"] as const;
const overseers = ["admin", "reader"] as const;

export const permissions = {
  "account:read": { scope: "self" },
  "account:update": { scope: "self" },
  "project:list": { scope: "self" },
  "key_pair:list": { scope: "self" },
  "key_pair:create": { scope: "self" },
  "key_pair:delete": { scope: "self" },
  "project:read": { scope: "project", roles: readers },
  "quota:read": { scope: "project", roles: readers },
  "instance:list": { scope: "project", roles: readers },
  "instance:read": { scope: "project", roles: readers },
  "instance:create": { scope: "project", roles: members },
  "instance:update": { scope: "project", roles: members },
  "instance:power": { scope: "project", roles: members },
  "instance:delete": { scope: "project", roles: members },
  "instance:console": { scope: "project", roles: members },
  "instance:log": { scope: "project", roles: readers },
  "image:list": { scope: "project", roles: readers },
  "flavor:list": { scope: "project", roles: readers },
  "operation:list": { scope: "project", roles: readers },
  "event:list": { scope: "project", roles: readers },
  "hypervisor:list": { scope: "system", roles: overseers },
  "hypervisor:update": { scope: "system", roles: admins },
  "hypervisor:join": { scope: "system", roles: admins },
  "hypervisor:fence": { scope: "system", roles: admins },
  "orphan:manage": { scope: "system", roles: admins },
  "aggregate:list": { scope: "system", roles: overseers },
  "aggregate:manage": { scope: "system", roles: admins },
  "placement:manage": { scope: "system", roles: admins },
  "instance:reset": { scope: "system", roles: admins },
  "instance:force_delete": { scope: "system", roles: admins },
  "zone:list": { scope: "self" },
  "flavor:manage": { scope: "system", roles: admins },
  "system:read": { scope: "system", roles: overseers },
} as const satisfies Record<string, Rule>;
export type Permission = keyof typeof permissions;

export type Grants = { system: readonly Role[]; projects: Readonly<Record<string, readonly Role[]>> };

/** True when the grants allow the permission; a whole-cloud admin is admin in every project. Denies by default. */
export function isGranted(grants: Grants, permission: Permission, projectId: string | null): boolean {
  const rule: Rule = permissions[permission];
  if (rule.scope === "self") return true;
  if (rule.scope === "system") return grants.system.some((role) => rule.roles.includes(role));
  if (projectId === null) return false;
  const inherited: readonly Role[] = grants.system.includes("admin") ? ["admin"] : [];
  return [...inherited, ...(grants.projects[projectId] ?? [])].some((role) => rule.roles.includes(role));
}
