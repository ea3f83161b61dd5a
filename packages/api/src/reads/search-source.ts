/** Where the search looks: each kind of resource with who may see it, and what it is known by. */
import type { Permission } from "@madang/core/identity/permission";
import { literal, type Sql, sql } from "../sql.ts";
import { imageVisibleWithin } from "./visible-image.ts";
import { visibleWithin } from "./visible-network.ts";

export const foundKinds = [
  "instance",
  "volume",
  "volume_snapshot",
  "image",
  "network",
  "subnet",
  "port",
  "router",
  "floating_ip",
  "security_group",
  "key_pair",
  "project",
  "user",
  "group",
  "hypervisor",
  "flavor",
  "aggregate",
] as const;
export type FoundKind = (typeof foundKinds)[number];

/** `within` follows a column with a project's id: those where the caller has the permission. */
export type Seer = { within: Sql; userId: string };

export type SearchSource = {
  permission: Permission;
  /** SQL of our own source, as are `id`, `name`, `project` and `status`. */
  from: string;
  id: string;
  name: string;
  project?: string;
  status?: string;
  /** What stands beside the name. */
  detail?: string;
  /** The page it is found on, where that is another resource's. */
  parent?: string;
  visible: (seer: Seer) => Sql;
  /** It is known by the addresses of ports too: what of port `q` is its id. */
  ports?: string;
};

const ofProject = (column: string) => (seer: Seer) => sql`${literal(column)} ${seer.within}`;
const everything = () => sql`TRUE`;

export const searchSources: Record<FoundKind, SearchSource> = {
  instance: {
    ...{ permission: "instance:list", from: "instance i", id: "i.id", name: "i.name", status: "i.status" },
    ...{ project: "i.project_id", visible: ofProject("i.project_id"), ports: "q.instance_id" },
  },
  volume: {
    ...{ permission: "volume:list", from: "volume v", id: "v.id", name: "v.name", status: "v.status" },
    ...{ project: "v.project_id", visible: ofProject("v.project_id") },
  },
  volume_snapshot: {
    ...{ permission: "volume_snapshot:list", from: "volume_snapshot s", id: "s.id", name: "s.name" },
    ...{ project: "s.project_id", visible: ofProject("s.project_id"), status: "s.status" },
  },
  image: {
    ...{ permission: "image:list", from: "image i", id: "i.id", name: "i.name", status: "i.status::text" },
    ...{ project: "i.project_id", visible: ({ within }) => imageVisibleWithin(within) },
  },
  network: {
    ...{ permission: "network:list", from: "network n", id: "n.id", name: "n.name" },
    ...{ project: "n.project_id", visible: ({ within }) => visibleWithin(within) },
  },
  subnet: {
    ...{ permission: "network:list", from: "subnet s JOIN network n ON n.id = s.network_id", id: "s.id" },
    ...{ name: "s.name", detail: "s.cidr", project: "n.project_id", parent: "n.id" },
    visible: ({ within }) => visibleWithin(within),
  },
  port: {
    ...{ permission: "port:list", from: "port p", id: "p.id", name: "coalesce(nullif(p.name, ''), p.mac)" },
    ...{ detail: "p.mac", project: "p.project_id", visible: ofProject("p.project_id"), ports: "q.id" },
  },
  router: {
    ...{ permission: "router:list", from: "router r", id: "r.id", name: "r.name", project: "r.project_id" },
    visible: ofProject("r.project_id"),
  },
  floating_ip: {
    ...{ permission: "floating_ip:list", from: "floating_ip f", id: "f.id", name: "host(f.address)" },
    ...{ detail: "f.description", project: "f.project_id", visible: ofProject("f.project_id") },
  },
  security_group: {
    ...{ permission: "security_group:list", from: "security_group g", id: "g.id", name: "g.name" },
    ...{ project: "g.project_id", visible: ofProject("g.project_id") },
  },
  key_pair: {
    ...{
      permission: "key_pair:list",
      from: "key_pair k",
      id: "k.id",
      name: "k.name",
      detail: "k.fingerprint",
    },
    visible: ({ userId }) => sql`k.user_id = ${userId}::uuid`,
  },
  project: {
    ...{ permission: "project:read", from: "project p", id: "p.id", name: "p.name", project: "p.id" },
    visible: ofProject("p.id"),
  },
  user: {
    ...{ permission: "identity:list", from: `"user" u`, id: "u.id", name: "u.name", detail: "u.email" },
    visible: everything,
  },
  group: {
    ...{ permission: "identity:list", from: `"group" g`, id: "g.id", name: "g.name", visible: everything },
  },
  hypervisor: {
    ...{ permission: "hypervisor:list", from: "hypervisor h", id: "h.id", name: "h.name" },
    visible: everything,
  },
  flavor: {
    ...{ permission: "flavor:manage", from: "flavor f", id: "f.id", name: "f.name", visible: everything },
  },
  aggregate: {
    ...{ permission: "aggregate:list", from: "host_aggregate a", id: "a.id", name: "a.name" },
    visible: everything,
  },
};
