import { imageOwners } from "@madang/core/image/status";
import { z } from "zod";
import { listText } from "../list.ts";
import { eventFilter, listEvents } from "../reads/event.ts";
import { listFloatingIps } from "../reads/floating-ip.ts";
import { listImages } from "../reads/image.ts";
import { listInstances } from "../reads/instance.ts";
import { listMembers } from "../reads/member.ts";
import { listNetworks } from "../reads/network.ts";
import { listPorts } from "../reads/port.ts";
import { listRouters } from "../reads/router.ts";
import { listSecurityGroups, listSecurityRules } from "../reads/security-group.ts";
import { listSubnets } from "../reads/subnet.ts";
import { listVolumes } from "../reads/volume.ts";
import { listSnapshots } from "../reads/volume-snapshot.ts";
import type { AnyExport } from "./export.ts";
import { projectList, statusWords } from "./list-export.ts";
import { volumeColumns } from "./volume-columns.ts";

const byText = z.object({ text: listText.optional() });
const inNetwork = byText.extend({ networkId: z.uuid().optional() });

/** Several in one cell. */
const joined = (parts: readonly (string | null)[]) => parts.filter((part) => part !== null).join(" ");
const named = (parts: readonly { name: string }[]) => parts.map(({ name }) => name).join(", ");

export const projectLists: Readonly<Record<string, AnyExport>> = {
  "project-instances": projectList({
    permission: "instance:list",
    path: "instance.list",
    filter: byText.extend({ status: statusWords }),
    list: listInstances,
    columns: {
      name: (item) => item.name,
      id: (item) => item.id,
      status: (item) => item.status,
      task_state: (item) => item.taskState,
      power_state: (item) => item.powerState,
      addresses: (item) => joined(item.addresses.map(({ address }) => address)),
      floating_ips: (item) => joined(item.addresses.map(({ floatingIp }) => floatingIp)),
      macs: (item) => joined([...new Set(item.addresses.map(({ mac }) => mac))]),
      owner: (item) => item.userName,
      owner_id: (item) => item.userId,
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
  activity: projectList({
    permission: "event:list",
    path: "event.list",
    filter: eventFilter.unwrap(),
    list: listEvents,
    columns: {
      time: (item) => item.createdAt.toISOString(),
      actor_kind: (item) => item.actorKind,
      actor: (item) => item.actorName,
      action: (item) => item.action,
      resource_kind: (item) => item.resourceKind,
      resource: (item) => item.resourceName,
      resource_id: (item) => item.resourceId,
      result: (item) => item.result,
      request_id: (item) => item.requestId,
      operation_id: (item) => item.operationId,
      params: (item) => JSON.stringify(item.params),
      changes: (item) => JSON.stringify(item.changes),
    },
  }),
  networks: projectList({
    permission: "network:list",
    path: "network.list",
    filter: byText,
    list: listNetworks,
    columns: {
      name: (item) => item.name,
      id: (item) => item.id,
      description: (item) => item.description,
      status: (item) => item.status,
      project_id: (item) => item.projectId,
      external: (item) => item.external,
      shared: (item) => item.shared,
      type: (item) => item.type,
      mtu: (item) => item.mtu,
      subnets: (item) => joined(item.subnets.map(({ cidr }) => cidr)),
      ports: (item) => item.ports,
      created_at: (item) => item.createdAt.toISOString(),
    },
  }),
  subnets: projectList({
    permission: "network:list",
    path: "subnet.list",
    filter: inNetwork,
    list: listSubnets,
    columns: {
      name: (item) => item.name,
      id: (item) => item.id,
      description: (item) => item.description,
      network: (item) => item.networkName,
      network_id: (item) => item.networkId,
      cidr: (item) => item.cidr,
      gateway: (item) => item.gateway,
      dhcp: (item) => item.dhcp,
      allocation_pools: (item) => joined(item.pools.map(({ start, end }) => `${start}-${end}`)),
      dns_servers: (item) => joined(item.dnsServers),
      host_routes: (item) =>
        joined(item.hostRoutes.map(({ destination, nextHop }) => `${destination}>${nextHop}`)),
      addresses_total: (item) => item.addresses.total,
      addresses_used: (item) => item.addresses.used,
      created_at: (item) => item.createdAt.toISOString(),
    },
  }),
  ports: projectList({
    permission: "port:list",
    path: "port.list",
    filter: inNetwork,
    list: listPorts,
    columns: {
      name: (item) => item.name,
      id: (item) => item.id,
      description: (item) => item.description,
      status: (item) => item.status,
      mac: (item) => item.mac,
      addresses: (item) => joined(item.addresses.map(({ address }) => address)),
      floating_ips: (item) => joined(item.addresses.map(({ floatingIp }) => floatingIp)),
      network: (item) => item.networkName,
      network_id: (item) => item.networkId,
      owner: (item) => item.owner,
      instance: (item) => item.instance?.name ?? null,
      instance_id: (item) => item.instance?.id ?? null,
      router: (item) => item.router?.name ?? null,
      router_id: (item) => item.router?.id ?? null,
      port_security: (item) => item.portSecurity,
      security_groups: (item) => named(item.securityGroups),
      created_at: (item) => item.createdAt.toISOString(),
    },
  }),
  routers: projectList({
    permission: "router:list",
    path: "router.list",
    filter: byText,
    list: listRouters,
    columns: {
      name: (item) => item.name,
      id: (item) => item.id,
      description: (item) => item.description,
      external_network: (item) => item.externalNetworkName,
      external_network_id: (item) => item.externalNetworkId,
      gateway_address: (item) => item.gatewayAddress,
      snat: (item) => item.snat,
      interfaces: (item) => item.interfaceCount,
      static_routes: (item) => item.routeCount,
      created_at: (item) => item.createdAt.toISOString(),
    },
  }),
  "floating-ips": projectList({
    permission: "floating_ip:list",
    path: "floatingIp.list",
    filter: byText,
    list: listFloatingIps,
    columns: {
      address: (item) => item.address,
      id: (item) => item.id,
      description: (item) => item.description,
      status: (item) => item.status,
      network: (item) => item.networkName,
      network_id: (item) => item.networkId,
      fixed_address: (item) => item.fixedAddress,
      port_id: (item) => item.portId,
      instance: (item) => item.instanceName,
      instance_id: (item) => item.instanceId,
      router: (item) => item.routerName,
      router_id: (item) => item.routerId,
      created_at: (item) => item.createdAt.toISOString(),
    },
  }),
  "security-groups": projectList({
    permission: "security_group:list",
    path: "securityGroup.list",
    filter: byText,
    list: listSecurityGroups,
    columns: {
      name: (item) => item.name,
      id: (item) => item.id,
      description: (item) => item.description,
      default: (item) => item.isDefault,
      rules: (item) => item.ruleCount,
      ports: (item) => item.portCount,
      created_at: (item) => item.createdAt.toISOString(),
    },
  }),
  "security-group-rules": projectList({
    permission: "security_group:list",
    path: "securityGroup.listRules",
    filter: z.object({ id: z.uuid(), direction: z.enum(["ingress", "egress"]).optional() }),
    list: (database, projectId, { filter, ...page }) =>
      listSecurityRules(
        database,
        { projectId, id: filter.id },
        { ...page, filter: { direction: filter.direction } },
      ),
    columns: {
      id: (item) => item.id,
      direction: (item) => item.direction,
      ether_type: (item) => item.etherType,
      protocol: (item) => item.protocol,
      port_range_min: (item) => item.portMin,
      port_range_max: (item) => item.portMax,
      remote_cidr: (item) => item.remoteCidr,
      remote_group: (item) => item.remoteGroupName,
      remote_group_id: (item) => item.remoteGroupId,
      description: (item) => item.description,
      created_at: (item) => item.createdAt.toISOString(),
    },
  }),
  volumes: projectList({
    permission: "volume:list",
    path: "volume.list",
    filter: byText,
    list: listVolumes,
    columns: volumeColumns,
  }),
  "volume-snapshots": projectList({
    permission: "volume_snapshot:list",
    path: "volumeSnapshot.list",
    filter: byText,
    list: listSnapshots,
    columns: {
      name: (item) => item.name,
      id: (item) => item.id,
      description: (item) => item.description,
      status: (item) => item.status,
      size_gib: (item) => item.sizeGib,
      volume: (item) => item.volumeName,
      volume_id: (item) => item.volumeId,
      group_id: (item) => item.groupId,
      quiesced: (item) => item.quiesced,
      created_at: (item) => item.createdAt.toISOString(),
    },
  }),
  images: projectList({
    permission: "image:list",
    path: "image.list",
    filter: byText.extend({
      whose: z.enum(imageOwners).optional(),
      status: statusWords,
      visibility: statusWords,
    }),
    list: listImages,
    columns: {
      name: (item) => item.name,
      id: (item) => item.id,
      description: (item) => item.description,
      status: (item) => item.status,
      visibility: (item) => item.visibility,
      project_id: (item) => item.projectId,
      disk_format: (item) => item.diskFormat,
      size_bytes: (item) => item.sizeBytes,
      virtual_size_bytes: (item) => item.virtualSizeBytes,
      min_disk_gib: (item) => item.minDiskGib,
      min_ram_mib: (item) => item.minRamMib,
      protected: (item) => item.protected,
      created_at: (item) => item.createdAt.toISOString(),
    },
  }),
  members: projectList({
    permission: "member:list",
    path: "member.list",
    filter: byText,
    list: listMembers,
    columns: {
      name: (item) => item.name,
      id: (item) => item.id,
      kind: (item) => item.kind,
      email: (item) => item.email,
      enabled: (item) => item.enabled,
      roles: (item) => joined(item.roles.map(({ role }) => role)),
      roles_by_groups: (item) => item.via.map(({ name, roles }) => `${name}: ${roles.join(" ")}`).join(", "),
      people: (item) => item.members,
    },
  }),
};
