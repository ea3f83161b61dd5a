import { imageFormats } from "../image/format.ts";
import { imageStatuses, imageVisibilities } from "../image/status.ts";
import { snapshotStatuses, volumeStatuses } from "../volume/status.ts";
import type { FilterFields } from "./field.ts";

export const volumeFields = {
  name: { kind: "text" },
  id: { kind: "id" },
  status: { kind: "enum", values: volumeStatuses },
  size: { kind: "size", unit: "GiB" },
  type: { kind: "text", from: "volumeType" },
  instance: { kind: "text" },
  bootable: { kind: "flag" },
  zone: { kind: "text", from: "zone" },
  user: { kind: "text" },
  description: { kind: "text" },
  metadata: { kind: "property" },
  created: { kind: "date" },
  protected: { kind: "flag" },
} as const satisfies FilterFields;

/** And over all projects. */
export const anyVolumeFields = {
  ...volumeFields,
  type: { kind: "text" },
  project: { kind: "text", from: "project" },
  host: { kind: "text", from: "hypervisor" },
} as const satisfies FilterFields;

export const snapshotFields = {
  name: { kind: "text" },
  id: { kind: "id" },
  status: { kind: "enum", values: snapshotStatuses },
  size: { kind: "size", unit: "GiB" },
  volume: { kind: "text" },
  description: { kind: "text" },
  metadata: { kind: "property" },
  created: { kind: "date" },
} as const satisfies FilterFields;

export const imageFields = {
  name: { kind: "text" },
  id: { kind: "id" },
  status: { kind: "enum", values: imageStatuses },
  visibility: { kind: "enum", values: imageVisibilities },
  format: { kind: "enum", values: imageFormats },
  size: { kind: "size", unit: "B" },
  distro: { kind: "text" },
  property: { kind: "property" },
  description: { kind: "text" },
  created: { kind: "date" },
  protected: { kind: "flag" },
} as const satisfies FilterFields;

/** And over all projects. */
export const anyImageFields = {
  ...imageFields,
  project: { kind: "text", from: "project" },
} as const satisfies FilterFields;
