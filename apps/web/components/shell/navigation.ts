import {
  Activity,
  Boxes,
  BrickWallShield,
  Camera,
  ChartNoAxesColumn,
  Cpu,
  Database,
  Disc3,
  EthernetPort,
  FolderClosed,
  Gauge,
  HardDrive,
  House,
  Inbox,
  KeyRound,
  Layers,
  ListChecks,
  type LucideIcon,
  Network,
  Pin,
  Router as RouterIcon,
  Scale,
  ScrollText,
  Server,
  ServerCog,
  ShieldCheck,
  SlidersHorizontal,
  Terminal,
  User,
  Users,
  Waypoints,
} from "lucide-react";

/** Where in the portal one is: in a project, in the administrator's part, or at one's own account. */
export type Area =
  | { kind: "project"; projectId: string }
  | { kind: "admin" }
  | { kind: "account"; projectId: string | null };

/** `counts`: what waits there for somebody. */
export type NavItem = { key: string; href: string; icon: LucideIcon; exact?: boolean; counts?: "requests" };
export type NavGroup = { key: string; items: NavItem[] };

function projectGroups(projectId: string): NavGroup[] {
  const base = `/p/${projectId}`;
  return [
    {
      key: "home",
      items: [
        { key: "overview", href: base, icon: House, exact: true },
        { key: "activity", href: `${base}/activity`, icon: Activity },
      ],
    },
    {
      key: "compute",
      items: [
        { key: "instances", href: `${base}/instances`, icon: Server },
        { key: "images", href: `${base}/images`, icon: Disc3 },
        { key: "keyPairs", href: `${base}/key-pairs`, icon: KeyRound },
      ],
    },
    {
      key: "storage",
      items: [
        { key: "volumes", href: `${base}/volumes`, icon: HardDrive },
        { key: "volumeSnapshots", href: `${base}/volume-snapshots`, icon: Camera },
      ],
    },
    {
      key: "network",
      items: [
        { key: "topology", href: `${base}/topology`, icon: Waypoints },
        { key: "networks", href: `${base}/networks`, icon: Network },
        { key: "routers", href: `${base}/routers`, icon: RouterIcon },
        { key: "floatingIps", href: `${base}/floating-ips`, icon: Pin },
        { key: "ports", href: `${base}/ports`, icon: EthernetPort },
        { key: "securityGroups", href: `${base}/security-groups`, icon: BrickWallShield },
      ],
    },
    {
      key: "project",
      items: [
        { key: "members", href: `${base}/members`, icon: Users },
        { key: "quotaUsage", href: `${base}/quotas`, icon: ChartNoAxesColumn },
        { key: "apiAccess", href: `${base}/api-access`, icon: Terminal },
      ],
    },
  ];
}

const adminGroups: NavGroup[] = [
  {
    key: "operations",
    items: [
      { key: "adminOverview", href: "/admin", icon: Gauge, exact: true },
      { key: "allInstances", href: "/admin/instances", icon: Server },
      { key: "allImages", href: "/admin/images", icon: Disc3 },
      { key: "allOperations", href: "/admin/operations", icon: ListChecks },
      { key: "audit", href: "/admin/audit", icon: ScrollText },
      { key: "system", href: "/admin/system", icon: Cpu },
    ],
  },
  {
    key: "infrastructure",
    items: [
      { key: "hypervisors", href: "/admin/hypervisors", icon: ServerCog },
      { key: "aggregates", href: "/admin/aggregates", icon: Layers },
      { key: "cloudNetworks", href: "/admin/networks", icon: Network },
      { key: "storagePools", href: "/admin/storage", icon: HardDrive },
      { key: "placement", href: "/admin/placement", icon: Scale },
    ],
  },
  {
    key: "tenancy",
    items: [
      { key: "projects", href: "/admin/projects", icon: FolderClosed },
      { key: "users", href: "/admin/users", icon: User },
      { key: "userGroups", href: "/admin/groups", icon: Users },
      { key: "roles", href: "/admin/roles", icon: ShieldCheck },
      { key: "requests", href: "/admin/requests", icon: Inbox, counts: "requests" },
      { key: "quotas", href: "/admin/quotas", icon: SlidersHorizontal },
    ],
  },
  {
    key: "catalogue",
    items: [
      { key: "flavors", href: "/admin/flavors", icon: Boxes },
      { key: "volumeTypes", href: "/admin/volume-types", icon: Database },
    ],
  },
];

export function groupsOf(area: Area): NavGroup[] {
  if (area.kind === "admin") return adminGroups;
  return area.projectId ? projectGroups(area.projectId) : [];
}

export function isCurrent(item: NavItem, path: string): boolean {
  return item.exact ? path === item.href : path === item.href || path.startsWith(`${item.href}/`);
}
