import { instanceStatuses, powerStates, taskStates } from "../instance/status.ts";
import type { FilterFields } from "./field.ts";

/** What any list of instances can be asked. */
export const instanceFields = {
  name: { kind: "text" },
  id: { kind: "id" },
  status: { kind: "enum", values: instanceStatuses },
  task: { kind: "enum", values: taskStates },
  power: { kind: "enum", values: powerStates },
  image: { kind: "text", from: "image" },
  flavor: { kind: "text", from: "flavor" },
  ip: { kind: "address" },
  mac: { kind: "text" },
  network: { kind: "text", from: "network" },
  key: { kind: "text", from: "keyPair" },
  zone: { kind: "text", from: "zone" },
  user: { kind: "text", from: "member" },
  vcpus: { kind: "number" },
  ram: { kind: "size", unit: "MiB" },
  disk: { kind: "size", unit: "GiB" },
  volume: { kind: "text" },
  created: { kind: "date" },
  updated: { kind: "date" },
  launched: { kind: "date" },
  protected: { kind: "flag" },
} as const satisfies FilterFields;

/** And over all projects. */
export const anyInstanceFields = {
  ...instanceFields,
  image: { kind: "text" },
  key: { kind: "text" },
  network: { kind: "text" },
  user: { kind: "text", from: "user" },
  project: { kind: "text", from: "project" },
  host: { kind: "text", from: "hypervisor" },
} as const satisfies FilterFields;
