import type { VolumeItem } from "../reads/volume.ts";
import type { ExportValue } from "./export.ts";

/** The same of a project's volumes and of all. */
export const volumeColumns = {
  name: (item) => item.name,
  id: (item) => item.id,
  description: (item) => item.description,
  status: (item) => item.status,
  size_gib: (item) => item.sizeGib,
  used_bytes: (item) => item.usedBytes,
  type: (item) => item.volumeTypeName,
  availability_zone: (item) => item.zone ?? item.availabilityZone,
  bootable: (item) => item.bootable,
  source: (item) => item.source,
  source_name: (item) => item.sourceName,
  source_id: (item) => item.sourceId,
  instance: (item) => item.attachment?.instanceName ?? null,
  instance_id: (item) => item.attachment?.instanceId ?? null,
  snapshots: (item) => item.snapshotCount,
  owner: (item) => item.userName,
  created_at: (item) => item.createdAt.toISOString(),
} as const satisfies Readonly<Record<string, (item: VolumeItem) => ExportValue>>;
