import { z } from "zod";
import { listText } from "../list.ts";
import { listAggregates } from "../reads/aggregate.ts";
import { anyImageFilter, listAnyImages } from "../reads/any-image.ts";
import { listAnyVolumes } from "../reads/any-volume.ts";
import { listFlavors } from "../reads/flavor.ts";
import { listGroups } from "../reads/group.ts";
import { anyInstanceFilter, listAnyInstances } from "../reads/instance.ts";
import { listAnyNetworks } from "../reads/network.ts";
import { anyOperationFilter, listAnyOperations } from "../reads/operation.ts";
import { listProjects, projectStates } from "../reads/project.ts";
import { listUsers, userFilter } from "../reads/user.ts";
import { listManagedTypes } from "../reads/volume-type.ts";
import type { AnyExport } from "./export.ts";
import { cloudList, statusWords } from "./list-export.ts";
import { volumeColumns } from "./volume-columns.ts";

const byText = z.object({ text: listText.optional() });

export const cloudLists: Readonly<Record<string, AnyExport>> = {
  instances: cloudList({
    permission: "instance:list_all",
    path: "admin.instance.list",
    filter: anyInstanceFilter.extend({ status: statusWords }),
    list: listAnyInstances,
    columns: {
      name: (item) => item.name,
      id: (item) => item.id,
      status: (item) => item.status,
      task_state: (item) => item.taskState,
      power_state: (item) => item.powerState,
      addresses: (item) => item.addresses.map(({ address }) => address).join(" "),
      project: (item) => item.projectName,
      project_id: (item) => item.projectId,
      owner: (item) => item.userName,
      owner_id: (item) => item.userId,
      hypervisor: (item) => item.hypervisorName,
      availability_zone: (item) => item.zone,
      flavor: (item) => item.flavorName,
      vcpus: (item) => item.vcpus,
      ram_mib: (item) => item.ramMib,
      disk_gib: (item) => item.diskGib,
      image: (item) => item.imageName,
      boot_volume: (item) => item.bootVolume?.name ?? null,
      boot_volume_id: (item) => item.bootVolume?.id ?? null,
      created_at: (item) => item.createdAt.toISOString(),
      updated_at: (item) => item.updatedAt.toISOString(),
    },
  }),
  "cloud-images": cloudList({
    permission: "image:list_all",
    path: "admin.image.list",
    filter: anyImageFilter.extend({ status: statusWords, visibility: statusWords }),
    list: listAnyImages,
    columns: {
      name: (item) => item.name,
      id: (item) => item.id,
      description: (item) => item.description,
      status: (item) => item.status,
      withdrawn: (item) => item.withdrawn,
      visibility: (item) => item.visibility,
      protected: (item) => item.protected,
      project: (item) => item.projectName,
      project_id: (item) => item.projectId,
      origin: (item) => item.origin,
      disk_format: (item) => item.diskFormat,
      size_bytes: (item) => item.sizeBytes,
      virtual_size_bytes: (item) => item.virtualSizeBytes,
      announced_bytes: (item) => item.uploadSizeBytes,
      instances: (item) => item.instances,
      volumes: (item) => item.volumes,
      members: (item) => item.members,
      sha256: (item) => item.sha256,
      created_at: (item) => item.createdAt.toISOString(),
    },
  }),
  "cloud-volumes": cloudList({
    permission: "volume:list_all",
    path: "admin.volume.list",
    filter: byText.extend({ volumeTypeId: z.uuid().optional() }),
    list: listAnyVolumes,
    columns: {
      ...volumeColumns,
      project: (item) => item.projectName,
      project_id: (item) => item.projectId,
      hypervisor: (item) => item.hypervisorName,
    },
  }),
  "volume-types": cloudList({
    permission: "volume:list_all",
    path: "admin.volumeType.list",
    filter: byText,
    list: listManagedTypes,
    columns: {
      name: (item) => item.name,
      id: (item) => item.id,
      description: (item) => item.description,
      backend: (item) => item.backend,
      default: (item) => item.isDefault,
      public: (item) => item.public,
      projects: (item) => item.projects.map(({ name }) => name).join(" "),
      total_bytes_per_second: (item) => item.qos.totalBytesPerSecond ?? null,
      read_bytes_per_second: (item) => item.qos.readBytesPerSecond ?? null,
      write_bytes_per_second: (item) => item.qos.writeBytesPerSecond ?? null,
      total_iops: (item) => item.qos.totalIops ?? null,
      read_iops: (item) => item.qos.readIops ?? null,
      write_iops: (item) => item.qos.writeIops ?? null,
      volumes: (item) => item.volumes,
      size_gib: (item) => item.gigabytes,
      created_at: (item) => item.createdAt.toISOString(),
    },
  }),
  "cloud-networks": cloudList({
    permission: "network:list_all",
    path: "admin.network.list",
    filter: byText,
    list: listAnyNetworks,
    columns: {
      name: (item) => item.name,
      id: (item) => item.id,
      description: (item) => item.description,
      status: (item) => item.status,
      project: (item) => item.projectName,
      project_id: (item) => item.projectId,
      external: (item) => item.external,
      shared: (item) => item.shared,
      type: (item) => item.type,
      physical_network: (item) => item.physicalNetwork,
      segmentation_id: (item) => item.segmentationId,
      mtu: (item) => item.mtu,
      subnets: (item) => item.subnets.map(({ cidr }) => cidr).join(" "),
      ports: (item) => item.ports,
      created_at: (item) => item.createdAt.toISOString(),
    },
  }),
  projects: cloudList({
    permission: "identity:list",
    path: "admin.project.list",
    filter: byText.extend({
      state: z
        .enum(projectStates)
        .transform((state) => [state])
        .optional(),
    }),
    list: listProjects,
    columns: {
      name: (item) => item.name,
      id: (item) => item.id,
      description: (item) => item.description,
      state: (item) => item.state,
      members: (item) => item.members,
      usage: (item) =>
        item.usage.map(({ resource, inUse, limit }) => `${resource}=${inUse}/${limit}`).join(" "),
      created_at: (item) => item.createdAt.toISOString(),
    },
  }),
  users: cloudList({
    permission: "identity:list",
    path: "admin.user.list",
    filter: userFilter.unwrap(),
    list: listUsers,
    columns: {
      name: (item) => item.name,
      id: (item) => item.id,
      email: (item) => item.email,
      description: (item) => item.description,
      enabled: (item) => item.enabled,
      system_roles: (item) => item.systemRoles.join(" "),
      projects: (item) => item.projects,
      groups: (item) => item.groups.map(({ name }) => name).join(", "),
      second_factor: (item) => item.secondFactor,
      last_sign_in_at: (item) => item.lastSignInAt?.toISOString() ?? null,
      created_at: (item) => item.createdAt.toISOString(),
    },
  }),
  groups: cloudList({
    permission: "identity:list",
    path: "admin.group.list",
    filter: byText,
    list: listGroups,
    columns: {
      name: (item) => item.name,
      id: (item) => item.id,
      description: (item) => item.description,
      members: (item) => item.members,
      projects: (item) => item.projects,
      created_at: (item) => item.createdAt.toISOString(),
    },
  }),
  aggregates: cloudList({
    permission: "aggregate:list",
    path: "admin.aggregate.list",
    filter: byText,
    list: listAggregates,
    columns: {
      name: (item) => item.name,
      id: (item) => item.id,
      description: (item) => item.description,
      properties: (item) =>
        Object.entries(item.properties)
          .map(([key, value]) => `${key}=${value}`)
          .join(" "),
      hypervisors: (item) => item.hypervisors.map(({ name }) => name).join(", "),
      created_at: (item) => item.createdAt.toISOString(),
    },
  }),
  flavors: cloudList({
    permission: "flavor:manage",
    path: "admin.flavor.list",
    filter: byText,
    list: (database, input) => listFlavors(database, true, input),
    columns: {
      name: (item) => item.name,
      id: (item) => item.id,
      description: (item) => item.description,
      vcpus: (item) => item.vcpus,
      ram_mib: (item) => item.ramMib,
      disk_gib: (item) => item.diskGib,
      enabled: (item) => item.enabled,
      created_at: (item) => item.createdAt.toISOString(),
    },
  }),
  operations: cloudList({
    permission: "operation:list_all",
    path: "admin.operation.list",
    filter: anyOperationFilter.unwrap(),
    list: listAnyOperations,
    columns: {
      id: (item) => item.id,
      kind: (item) => item.kind,
      state: (item) => item.state,
      percent: (item) => item.percent,
      stuck: (item) => item.stuck,
      resource_kind: (item) => item.resourceKind,
      resource: (item) => item.resourceName,
      resource_id: (item) => item.resourceId,
      project: (item) => item.projectName,
      project_id: (item) => item.projectId,
      actor: (item) => item.actorName,
      request_id: (item) => item.requestId,
      created_at: (item) => item.createdAt.toISOString(),
      finished_at: (item) => item.finishedAt?.toISOString() ?? null,
      error: (item) => item.error?.reason ?? null,
    },
  }),
};
