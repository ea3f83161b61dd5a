import type { FilterFields } from "./field.ts";

export const networkFields = {
  name: { kind: "text" },
  id: { kind: "id" },
  cidr: { kind: "address" },
  mtu: { kind: "number" },
  shared: { kind: "flag" },
  external: { kind: "flag" },
  description: { kind: "text" },
  created: { kind: "date" },
} as const satisfies FilterFields;

/** And over all projects. */
export const anyNetworkFields = {
  ...networkFields,
  project: { kind: "text", from: "project" },
} as const satisfies FilterFields;

export const portFields = {
  name: { kind: "text" },
  id: { kind: "id" },
  ip: { kind: "address" },
  mac: { kind: "text" },
  network: { kind: "text", from: "network" },
  instance: { kind: "text" },
  router: { kind: "text", from: "router" },
  group: { kind: "text", from: "securityGroup" },
  owner: { kind: "enum", values: ["none", "instance", "router_interface", "router_gateway"] },
  description: { kind: "text" },
  created: { kind: "date" },
} as const satisfies FilterFields;

export const routerFields = {
  name: { kind: "text" },
  id: { kind: "id" },
  external: { kind: "text", from: "network" },
  ip: { kind: "address" },
  snat: { kind: "flag" },
  description: { kind: "text" },
  created: { kind: "date" },
} as const satisfies FilterFields;

export const floatingIpFields = {
  ip: { kind: "address" },
  id: { kind: "id" },
  fixed: { kind: "address" },
  network: { kind: "text", from: "network" },
  instance: { kind: "text" },
  router: { kind: "text", from: "router" },
  associated: { kind: "flag" },
  description: { kind: "text" },
  created: { kind: "date" },
} as const satisfies FilterFields;

export const securityGroupFields = {
  name: { kind: "text" },
  id: { kind: "id" },
  description: { kind: "text" },
  default: { kind: "flag" },
  used: { kind: "flag" },
  created: { kind: "date" },
} as const satisfies FilterFields;
