/**
 * Who may do what. Every procedure names one permission; `authorise()` in packages/api is the only judge. A permission
 * has a scope: `project` is decided by a person's roles in the project named, `system` by roles over the whole cloud,
 * `self` needs only a sign-in, `public` not even that. `confirm`: the person must have proved lately who he is.
 * `credential: false`: a program can't do it with an application credential; nor can it anything of the whole cloud. A
 * role there: what concerns its owner himself it may only with that role or a higher one, in whichever project it is of.
 */
export const roles = ["admin", "manager", "member", "reader"] as const;
export type Role = (typeof roles)[number];

type Options = { confirm?: true; credential?: false | Role };
type Rule =
  | ({ scope: "project" | "system"; roles: readonly Role[] } & Options)
  | ({ scope: "self" | "public" } & Options);

const readers = ["admin", "manager", "member", "reader"] as const;
const members = ["admin", "manager", "member"] as const;
const managers = ["admin", "manager"] as const;
const admins = ["admin"] as const;
const overseers = ["admin", "reader"] as const;

export const permissions = {
  "account:reset": { scope: "public" },
  "account:read": { scope: "self" },
  "account:update": { scope: "self", credential: false },
  "account:secure": { scope: "self", credential: false, confirm: true },
  "project:list": { scope: "self" },
  "key_pair:list": { scope: "self" },
  "key_pair:create": { scope: "self", credential: "member" },
  "key_pair:delete": { scope: "self", credential: "member" },
  "zone:list": { scope: "self" },
  "project:read": { scope: "project", roles: readers },
  "project:update": { scope: "project", roles: managers },
  "member:list": { scope: "project", roles: readers },
  "member:manage": { scope: "project", roles: managers, credential: false },
  "credential:list": { scope: "project", roles: readers, credential: false },
  "credential:create": { scope: "project", roles: readers, credential: false, confirm: true },
  "credential:delete": { scope: "project", roles: readers, credential: false },
  "quota:read": { scope: "project", roles: readers },
  "quota:request": { scope: "project", roles: members },
  "usage:read": { scope: "project", roles: readers },
  "instance:list": { scope: "project", roles: readers },
  "instance:read": { scope: "project", roles: readers },
  "instance:create": { scope: "project", roles: members },
  "instance:update": { scope: "project", roles: members },
  "instance:power": { scope: "project", roles: members },
  "instance:delete": { scope: "project", roles: members },
  "instance:console": { scope: "project", roles: members, credential: false },
  "instance:log": { scope: "project", roles: readers, credential: false },
  "image:list": { scope: "project", roles: readers },
  "image:download": { scope: "project", roles: members },
  "image:create": { scope: "project", roles: members },
  "image:update": { scope: "project", roles: members },
  "image:accept": { scope: "project", roles: members },
  "image:delete": { scope: "project", roles: members },
  "flavor:list": { scope: "project", roles: readers },
  "network:list": { scope: "project", roles: readers },
  "network:create": { scope: "project", roles: members },
  "network:update": { scope: "project", roles: members },
  "network:delete": { scope: "project", roles: members },
  "port:list": { scope: "project", roles: readers },
  "port:create": { scope: "project", roles: members },
  "port:update": { scope: "project", roles: members },
  "port:delete": { scope: "project", roles: members },
  "router:list": { scope: "project", roles: readers },
  "router:create": { scope: "project", roles: members },
  "router:update": { scope: "project", roles: members },
  "router:delete": { scope: "project", roles: members },
  "router:snat": { scope: "project", roles: managers },
  "floating_ip:list": { scope: "project", roles: readers },
  "floating_ip:create": { scope: "project", roles: members },
  "floating_ip:update": { scope: "project", roles: members },
  "floating_ip:delete": { scope: "project", roles: members },
  "security_group:list": { scope: "project", roles: readers },
  "security_group:create": { scope: "project", roles: members },
  "security_group:update": { scope: "project", roles: members },
  "security_group:delete": { scope: "project", roles: members },
  "volume:list": { scope: "project", roles: readers },
  "volume:create": { scope: "project", roles: members },
  "volume:update": { scope: "project", roles: members },
  "volume:retype": { scope: "project", roles: members },
  "volume:attach": { scope: "project", roles: members },
  "volume:transfer": { scope: "project", roles: members },
  "volume:delete": { scope: "project", roles: members },
  "volume_snapshot:list": { scope: "project", roles: readers },
  "volume_snapshot:create": { scope: "project", roles: members },
  "volume_snapshot:update": { scope: "project", roles: members },
  "volume_snapshot:delete": { scope: "project", roles: members },
  "operation:list": { scope: "project", roles: readers },
  "operation:cancel": { scope: "project", roles: members },
  "event:list": { scope: "project", roles: readers },
  "system:read": { scope: "system", roles: overseers },
  "identity:list": { scope: "system", roles: overseers },
  "user:manage": { scope: "system", roles: admins },
  "user:secure": { scope: "system", roles: admins, confirm: true },
  "group:manage": { scope: "system", roles: admins },
  "project:manage": { scope: "system", roles: admins },
  "project:delete": { scope: "system", roles: admins, confirm: true },
  "quota:review": { scope: "system", roles: overseers },
  "quota:manage": { scope: "system", roles: admins },
  "audit:list": { scope: "system", roles: overseers },
  "instance:list_all": { scope: "system", roles: overseers },
  "operation:list_all": { scope: "system", roles: overseers },
  "instance:reset": { scope: "system", roles: admins },
  "instance:force_delete": { scope: "system", roles: admins, confirm: true },
  "hypervisor:list": { scope: "system", roles: overseers },
  "hypervisor:update": { scope: "system", roles: admins },
  "hypervisor:join": { scope: "system", roles: admins, confirm: true },
  "hypervisor:fence": { scope: "system", roles: admins, confirm: true },
  "orphan:manage": { scope: "system", roles: admins, confirm: true },
  "aggregate:list": { scope: "system", roles: overseers },
  "aggregate:manage": { scope: "system", roles: admins },
  "placement:manage": { scope: "system", roles: admins },
  "flavor:manage": { scope: "system", roles: admins },
  "image:publish": { scope: "system", roles: admins },
  "image:list_all": { scope: "system", roles: overseers },
  "image:manage": { scope: "system", roles: admins },
  "network:list_all": { scope: "system", roles: overseers },
  "volume:list_all": { scope: "system", roles: overseers },
  "volume:force_delete": { scope: "system", roles: admins, confirm: true },
  "volume_type:manage": { scope: "system", roles: admins },
  "network:manage": { scope: "system", roles: admins },
} as const satisfies Record<string, Rule>;
export type Permission = keyof typeof permissions;

export type Grants = { system: readonly Role[]; projects: Readonly<Record<string, readonly Role[]>> };

export function ruleOf(permission: Permission): Rule {
  return permissions[permission];
}

/** True when the grants allow the permission; a whole-cloud admin is admin in every project. Denies by default. */
export function isGranted(grants: Grants, permission: Permission, projectId: string | null): boolean {
  const rule = ruleOf(permission);
  if (!("roles" in rule)) return true;
  const held = rule.scope === "system" ? grants.system : rolesIn(grants, projectId);
  return held.some((role) => rule.roles.includes(role));
}

/** The roles that count in a project, given there or inherited from the whole cloud. */
export function rolesIn(grants: Grants, projectId: string | null): Role[] {
  if (projectId === null) return [];
  const inherited: readonly Role[] = grants.system.includes("admin") ? ["admin"] : [];
  return [...new Set([...inherited, ...(grants.projects[projectId] ?? [])])];
}

/** Each role includes those after it: whoever is a manager may do what a member may. */
export function isWithin(role: Role, held: readonly Role[]): boolean {
  return held.some((one) => roles.indexOf(one) <= roles.indexOf(role));
}

/** True when a program may do it at all with an application credential of the right role. */
export function isForCredentials(permission: Permission): boolean {
  const { scope, credential } = ruleOf(permission);
  return scope !== "system" && credential !== false;
}
