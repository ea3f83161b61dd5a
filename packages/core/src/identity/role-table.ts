/** The permissions as people read them: by area, with who may. The portal's preview, its page and the docs are made of it. */
import {
  type Grants,
  isForCredentials,
  isGranted,
  type Permission,
  type permissions,
  type Role,
  roles,
  ruleOf,
} from "./permission.ts";

/** Each permission is in one. In the order they are shown. */
export const permissionAreas = {
  compute: [
    "instance:list",
    "instance:read",
    "instance:log",
    "instance:create",
    "instance:update",
    "instance:power",
    "instance:console",
    "instance:delete",
    "image:list",
    "image:download",
    "image:create",
    "image:update",
    "image:accept",
    "image:delete",
    "flavor:list",
  ],
  network: [
    "network:list",
    "network:create",
    "network:update",
    "network:delete",
    "port:list",
    "port:create",
    "port:update",
    "port:delete",
    "router:list",
    "router:create",
    "router:update",
    "router:delete",
    "router:snat",
    "floating_ip:list",
    "floating_ip:create",
    "floating_ip:update",
    "floating_ip:delete",
    "security_group:list",
    "security_group:create",
    "security_group:update",
    "security_group:delete",
  ],
  storage: [
    "volume:list",
    "volume:create",
    "volume:update",
    "volume:retype",
    "volume:attach",
    "volume:transfer",
    "volume:delete",
    "volume_snapshot:list",
    "volume_snapshot:create",
    "volume_snapshot:update",
    "volume_snapshot:delete",
  ],
  project: [
    "project:read",
    "event:list",
    "operation:list",
    "operation:cancel",
    "project:update",
    "member:list",
    "member:manage",
    "credential:list",
    "credential:create",
    "credential:delete",
  ],
  quota: ["quota:read", "usage:read", "quota:request"],
  identity: [
    "identity:list",
    "user:manage",
    "user:secure",
    "group:manage",
    "project:manage",
    "project:delete",
  ],
  governance: [
    "system:read",
    "audit:list",
    "instance:list_all",
    "operation:list_all",
    "quota:review",
    "quota:manage",
    "instance:reset",
    "instance:force_delete",
  ],
  infrastructure: [
    "hypervisor:list",
    "hypervisor:update",
    "hypervisor:join",
    "hypervisor:fence",
    "orphan:manage",
    "aggregate:list",
    "aggregate:manage",
    "placement:manage",
    "flavor:manage",
    "image:publish",
    "image:list_all",
    "image:manage",
    "network:list_all",
    "network:manage",
    "volume:list_all",
    "volume:force_delete",
    "volume_type:manage",
  ],
  account: [
    "account:reset",
    "account:read",
    "account:update",
    "account:secure",
    "project:list",
    "key_pair:list",
    "key_pair:create",
    "key_pair:delete",
    "zone:list",
  ],
} as const satisfies Record<string, readonly Permission[]>;
export type PermissionArea = keyof typeof permissionAreas;

export type PermissionRow = {
  name: Permission;
  area: PermissionArea;
  scope: (typeof permissions)[Permission]["scope"];
  /** Who may; empty where no role is asked for. */
  roles: Role[];
  confirm: boolean;
  credentials: boolean;
};

export function roleTable(): PermissionRow[] {
  return areas().flatMap((area) => permissionAreas[area].map((name) => rowOf(area, name)));
}

export function areas(): PermissionArea[] {
  return Object.keys(permissionAreas).filter((key): key is PermissionArea => key in permissionAreas);
}

function rowOf(area: PermissionArea, name: Permission): PermissionRow {
  const rule = ruleOf(name);
  const may = "roles" in rule ? roles.filter((role) => rule.roles.includes(role)) : [];
  return {
    name,
    area,
    scope: rule.scope,
    roles: may,
    confirm: rule.confirm === true,
    credentials: isForCredentials(name),
  };
}

export type RoleWords = { area: PermissionArea; may: Permission[]; mayNot: Permission[] };

/** What a role means where it is given: in a project, or over the whole cloud. Areas of which it decides nothing are left out. */
export function roleWords(role: Role, scope: "project" | "system"): RoleWords[] {
  const project = "preview";
  const inProject: Grants = { system: [], projects: { [project]: [role] } };
  const grants: Grants = scope === "project" ? inProject : { system: [role], projects: {} };
  const rows = roleTable().filter((row) => row.scope === scope);
  return areas().flatMap((area) => {
    const here = rows.filter((row) => row.area === area).map(({ name }) => name);
    const may = here.filter((name) => isGranted(grants, name, project));
    return here.length === 0 ? [] : [{ area, may, mayNot: here.filter((name) => !may.includes(name)) }];
  });
}
