import type { FilterFields } from "./field.ts";

export const auditFields = {
  user: { kind: "text" },
  action: { kind: "text" },
  kind: { kind: "text" },
  resource: { kind: "text" },
  id: { kind: "id" },
  project: { kind: "text", from: "project" },
  result: { kind: "enum", values: ["accepted", "succeeded", "failed", "refused"] },
  request: { kind: "text" },
  from: { kind: "text" },
  created: { kind: "date" },
} as const satisfies FilterFields;

export const anyOperationFields = {
  kind: { kind: "text" },
  state: { kind: "enum", values: ["pending", "running", "succeeded", "failed", "cancelled"] },
  user: { kind: "text" },
  resource: { kind: "text" },
  id: { kind: "id" },
  project: { kind: "text", from: "project" },
  request: { kind: "text" },
  created: { kind: "date" },
  ended: { kind: "date" },
} as const satisfies FilterFields;
