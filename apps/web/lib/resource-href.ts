/** Kinds with a page of their own in the project, and its folder. */
const pages: Readonly<Record<string, string>> = {
  instance: "instances",
  image: "images",
  volume: "volumes",
  network: "networks",
  port: "ports",
  router: "routers",
  security_group: "security-groups",
};
/** Kinds that a list shows beside itself. */
const listed: Readonly<Record<string, string>> = {
  volume_snapshot: "volume-snapshots",
  floating_ip: "floating-ips",
  key_pair: "key-pairs",
};
/** Kinds that whoever oversees the cloud looks at. */
const overseen: Readonly<Record<string, string>> = {
  project: "/admin/projects/",
  user: "/admin/users/",
  group: "/admin/groups/",
  hypervisor: "/admin/hypervisors?selected=",
  flavor: "/admin/flavors?selected=",
};

/** Where a resource is looked at; null where nothing in the portal shows it. */
export function resourceHref(
  projectId: string | null,
  kind: string,
  id: string,
  overseer = false,
): string | null {
  if (overseer && Object.hasOwn(overseen, kind)) return `${overseen[kind]}${id}`;
  if (projectId === null) return null;
  if (Object.hasOwn(pages, kind)) return `/p/${projectId}/${pages[kind]}/${id}`;
  if (Object.hasOwn(listed, kind)) return `/p/${projectId}/${listed[kind]}?selected=${id}`;
  return null;
}
