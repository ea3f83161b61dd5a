import type { FilterFields } from "./field.ts";

export const memberFields = {
  name: { kind: "text" },
  id: { kind: "id" },
  email: { kind: "text" },
  kind: { kind: "enum", values: ["user", "group"] },
  enabled: { kind: "flag" },
} as const satisfies FilterFields;

export const userFields = {
  name: { kind: "text" },
  id: { kind: "id" },
  email: { kind: "text" },
  description: { kind: "text" },
  group: { kind: "text" },
  project: { kind: "text", from: "project" },
  system: { kind: "enum", values: ["admin", "reader"] },
  enabled: { kind: "flag" },
  signedin: { kind: "date" },
  created: { kind: "date" },
} as const satisfies FilterFields;

export const groupFields = {
  name: { kind: "text" },
  id: { kind: "id" },
  description: { kind: "text" },
  user: { kind: "text", from: "user" },
  created: { kind: "date" },
} as const satisfies FilterFields;

export const projectFields = {
  name: { kind: "text" },
  id: { kind: "id" },
  description: { kind: "text" },
  state: { kind: "enum", values: ["enabled", "disabled", "deleting"] },
  user: { kind: "text", from: "user" },
  created: { kind: "date" },
} as const satisfies FilterFields;

export const flavorFields = {
  name: { kind: "text" },
  id: { kind: "id" },
  description: { kind: "text" },
  vcpus: { kind: "number" },
  ram: { kind: "size", unit: "MiB" },
  disk: { kind: "size", unit: "GiB" },
  enabled: { kind: "flag" },
  property: { kind: "property" },
  created: { kind: "date" },
} as const satisfies FilterFields;
