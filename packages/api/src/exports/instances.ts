import { z } from "zod";
import { allPages, filterText } from "../list.ts";
import { type AnyInstanceItem, anyInstanceFilter, anyInstanceQuery } from "../reads/instance.ts";
import { type ExportRow, exportOf, exportPage } from "./export.ts";

const columns = [
  "name",
  "id",
  "status",
  "task_state",
  "power_state",
  "project",
  "project_id",
  "owner",
  "owner_id",
  "hypervisor",
  "availability_zone",
  "flavor",
  "vcpus",
  "ram_mib",
  "disk_gib",
  "image",
  "created_at",
  "updated_at",
] as const;

/** An address has words only: several statuses stand in one, with commas. */
const words = z.string().transform((text) => text.split(","));

export const instanceExport = exportOf({
  permission: "instance:list_all",
  path: "admin.instance.list",
  input: anyInstanceFilter.extend({ status: words.pipe(z.array(filterText).max(20)).optional() }),
  columns,
  pages: async function* (database, filter) {
    const query = anyInstanceQuery(database, filter);
    for await (const items of allPages(database, query, { limit: exportPage })) yield items.map(rowOf);
  },
});

function rowOf(item: AnyInstanceItem): ExportRow & Record<(typeof columns)[number], unknown> {
  return {
    name: item.name,
    id: item.id,
    status: item.status,
    task_state: item.taskState,
    power_state: item.powerState,
    project: item.projectName,
    project_id: item.projectId,
    owner: item.userName,
    owner_id: item.userId,
    hypervisor: item.hypervisorName,
    availability_zone: item.zone,
    flavor: item.flavorName,
    vcpus: item.vcpus,
    ram_mib: item.ramMib,
    disk_gib: item.diskGib,
    image: item.imageName,
    created_at: item.createdAt.toISOString(),
    updated_at: item.updatedAt.toISOString(),
  };
}
