import { CloudError, type PublicError, publicError } from "@madang/core/errors";
import { type Properties, storedProperties } from "@madang/core/hypervisor/property";
import { downAfterMs } from "@madang/core/hypervisor/state";
import type { InstanceStatus, PowerState, TaskState } from "@madang/core/instance/status";
import { instanceStatuses, powerStates, taskStates } from "@madang/core/instance/status";
import type { CrashPolicy } from "@madang/core/wire/guest";
import { type Hardware, wholeHardware } from "@madang/core/wire/hardware";
import type { Database } from "@madang/db";
import { z } from "zod";
import { type ListFilter, filterClauses as textClauses } from "../filter/clauses.ts";
import { anyInstanceList, instanceList } from "../filter/instance.ts";
import { filterText, type ListQuery, listPage, listText, type Page, type PageInput } from "../list.ts";
import { bind, literal, type Sql, sql } from "../sql.ts";

export type InstanceItem = {
  id: string;
  projectId: string;
  name: string;
  status: InstanceStatus;
  taskState: TaskState | null;
  powerState: PowerState;
  deleteProtection: boolean;
  imageId: string | null;
  /** null: it boots from a volume. */
  imageName: string | null;
  bootVolume: BootVolume | null;
  flavorId: string | null;
  flavorName: string;
  vcpus: number;
  ramMib: number;
  diskGib: number;
  createdAt: Date;
  updatedAt: Date;
  launchedAt: Date | null;
  /** Soft-deleted: when it is deleted for good. */
  reclaimAt: Date | null;
  userId: string | null;
  userName: string | null;
  /** What the agent is doing now, e.g. `fetching-image`, and how far it is. */
  phase: string | null;
  percent: number | null;
  faultMessage: PublicError | null;
  /** No hypervisor had room when last looked; `conditions.Scheduled` of the detail says why. */
  waiting: boolean;
  /** false: the hypervisor has not been heard of lately, so what is shown may be old. */
  hypervisorReachable: boolean;
  driver: string | null;
  generation: number;
  /** In the order of its interfaces; an interface without an address is not among them. */
  addresses: InstanceAddress[];
};

/** `imageName`: of the image that the volume was made of, as long as that is there and can be seen. */
export type BootVolume = { id: string; name: string; imageName: string | null };

export type InstanceAddress = {
  portId: string;
  networkId: string;
  networkName: string;
  mac: string;
  address: string;
  floatingIp: string | null;
};

export type Condition = {
  ok: boolean;
  reason?: string | undefined;
  message?: string | undefined;
  params?: Record<string, string | number> | undefined;
};

export type InstanceDetail = InstanceItem & {
  hostname: string;
  keyName: string | null;
  userDataBytes: number | null;
  hasPassword: boolean;
  machineType: string;
  /** What its image decided of its machine, and what is usual otherwise. */
  hardware: Required<Hardware>;
  crashPolicy: CrashPolicy;
  /** Asked for; null: any. */
  availabilityZone: string | null;
  /** Where it is. */
  zone: string | null;
  /** What its flavor required when it was launched. */
  requiredProperties: Properties;
  /** How long a hypervisor is still waited for, ms, by the database's clock; null: as long as it takes, for it ran before. */
  waitLeftMs: number | null;
  /** Of the latest thing that was asked of it. */
  requestId: string | null;
  conditions: Record<string, Condition>;
  fault: PublicError | null;
  guest: { id: string; hypervisorName: string | null; phase: string | null; percent: number | null } | null;
};

type Row = Omit<
  InstanceItem,
  "faultMessage" | "hypervisorReachable" | "status" | "taskState" | "powerState"
> & {
  status: string;
  taskState: string | null;
  powerState: string;
  fault: unknown;
  guestId: string | null;
  hypervisorSeenAt: Date | null;
  hypervisorName: string | null;
};

const bootVolume = `(SELECT json_build_object('id', v.id, 'name', v.name, 'imageName', m.name)
  FROM volume_attachment a JOIN volume v ON v.id = a.volume_id LEFT JOIN image m ON m.id = v.image_id
    AND (m.project_id = v.project_id OR m.visibility IN ('public', 'community'))
  WHERE a.instance_id = i.id AND a.boot LIMIT 1)`;

const select = `i.id, i.project_id AS "projectId", i.name, i.status, i.task_state AS "taskState",
  i.power_state AS "powerState", i.delete_protection AS "deleteProtection", i.image_id AS "imageId",
  i.image_name AS "imageName", ${bootVolume} AS "bootVolume", i.flavor_id AS "flavorId", i.flavor_name AS "flavorName", i.vcpus,
  i.ram_mib AS "ramMib", i.disk_gib AS "diskGib", i.created_at AS "createdAt", i.updated_at AS "updatedAt",
  i.launched_at AS "launchedAt", i.reclaim_at AS "reclaimAt", i.user_id AS "userId", u.name AS "userName", g.id AS "guestId", g.phase, g.percent,
  coalesce(i.fault, g.fault) AS fault, h.last_seen_at AS "hypervisorSeenAt", h.name AS "hypervisorName", h.driver, i.generation,
  (g.id IS NULL AND i.fault IS NULL AND i.conditions -> 'Scheduled' ->> 'ok' = 'false') IS TRUE AS waiting,
  (SELECT coalesce(json_agg(json_build_object('portId', p.id, 'networkId', n.id, 'networkName', n.name, 'mac', p.mac,
     'address', host(a.address), 'floatingIp', (SELECT host(f.address) FROM floating_ip f
        WHERE f.port_id = p.id AND f.fixed_address = a.address)) ORDER BY p.position, a.address), '[]')
     FROM port p JOIN network n ON n.id = p.network_id JOIN ip_allocation a ON a.port_id = p.id
     WHERE p.instance_id = i.id) AS addresses`;
const from = "instance i";
const joins = `LEFT JOIN "user" u ON u.id = i.user_id LEFT JOIN guest g ON g.id = i.active_guest_id
  LEFT JOIN hypervisor h ON h.id = g.hypervisor_id`;
const sorts = {
  name: { column: "i.name", type: "text" },
  status: { column: "i.status", type: "text" },
  imageName: { column: "coalesce(i.image_name, '')", type: "text" },
  flavorName: { column: "i.flavor_name", type: "text" },
  createdAt: { column: "i.created_at", type: "timestamptz" },
  updatedAt: { column: "i.updated_at", type: "timestamptz" },
} as const;

export const instanceFilter = z
  .object({
    text: listText.optional(),
    status: z.array(filterText).max(20).optional(),
    ids: z.array(z.uuid()).max(500).optional(),
  })
  .optional();
type Filter = z.infer<typeof instanceFilter>;

export function listInstances(
  database: Database,
  projectId: string,
  input: PageInput & { filter?: Filter },
): Promise<Page<InstanceItem>> {
  const now = database.now();
  const where = [sql`i.project_id = ${projectId}::uuid`, ...instanceClauses(input.filter, now)];
  const query = { select, from, joins, id: "i.id", sorts, defaultSort: "-createdAt", where };
  return listPage<Row, InstanceItem>(database, { ...query, toItem: (row) => toItem(row, now) }, input);
}

export type AnyInstanceItem = InstanceItem & {
  projectName: string;
  hypervisorId: string | null;
  hypervisorName: string | null;
  /** Of its hypervisor. */
  zone: string | null;
};

export const anyInstanceFilter = z.object({
  /** Part of the name, of its owner's, its project's, its flavor's or its image's; or how its id begins. */
  text: listText.optional(),
  status: z.array(filterText).max(20).optional(),
  projectId: z.uuid().optional(),
  hypervisorId: z.uuid().optional(),
  zone: filterText.optional(),
});
export type AnyInstanceFilter = z.infer<typeof anyInstanceFilter>;

/** The instances of all projects, for whoever oversees the cloud. */
function anyInstanceQuery(database: Database, filter: AnyInstanceFilter): ListQuery<AnyRow, AnyInstanceItem> {
  const now = database.now();
  const toAny = (row: AnyRow) => ({
    ...toItem(row, now),
    projectName: row.projectName,
    hypervisorId: row.hypervisorId,
    hypervisorName: row.hypervisorName,
    zone: row.zone,
  });
  return {
    select: `${select}, p.name AS "projectName", h.id AS "hypervisorId", h.availability_zone AS zone`,
    from,
    joins: `${joins} JOIN project p ON p.id = i.project_id`,
    id: "i.id",
    sorts,
    defaultSort: "-createdAt",
    where: anyClauses(filter, now),
    toItem: toAny,
  };
}

type AnyRow = Row & Pick<AnyInstanceItem, "projectName" | "hypervisorId" | "zone">;

export function listAnyInstances(
  database: Database,
  input: PageInput & { filter?: AnyInstanceFilter | undefined },
): Promise<Page<AnyInstanceItem>> {
  return listPage(database, anyInstanceQuery(database, input.filter ?? {}), input);
}

function anyClauses(filter: AnyInstanceFilter, now: Date): Sql[] {
  const { text, status, projectId, hypervisorId, zone } = filter;
  const on = (of: Sql) =>
    sql`i.active_guest_id IN (SELECT g.id FROM guest g JOIN hypervisor h ON h.id = g.hypervisor_id WHERE ${of})`;
  return [
    ...instanceClauses({ text, status }, now, anyInstanceList),
    ...(projectId ? [sql`i.project_id = ${projectId}::uuid`] : []),
    ...(hypervisorId ? [on(sql`h.id = ${hypervisorId}::uuid`)] : []),
    ...(zone ? [on(sql`h.availability_zone = ${zone}`)] : []),
  ];
}

/** Of `instance i`. Throws InvalidInput where its text can't be understood. */
export function instanceClauses(filter: Filter, now: Date, list: ListFilter = instanceList): Sql[] {
  const { text, status, ids } = filter ?? {};
  return [
    ...(status?.length ? [sql`i.status = ANY(${status}::text[])`] : []),
    ...(ids ? [sql`i.id = ANY(${ids}::uuid[])`] : []),
    ...textClauses(text, list, now),
  ];
}

/** Throws NotFound. `seesHypervisors` is for administrators: nobody else learns where his instance runs. */
export async function readInstance(
  database: Database,
  projectId: string,
  id: string,
  seesHypervisors: boolean,
): Promise<InstanceDetail> {
  const { rows } = await database.pool.query<Row & DetailRow>(
    bind(sql`SELECT ${literal(select)}, ${literal(detailSelect)} FROM ${literal(from)} ${literal(joins)}
      LEFT JOIN user_data d ON d.instance_id = i.id
      WHERE i.id = ${id}::uuid AND i.project_id = ${projectId}::uuid`),
  );
  const [row] = rows;
  if (!row) throw instanceNotFound();
  const item = toItem(row, database.now());
  const hypervisorName = seesHypervisors ? row.hypervisorName : null;
  const { phase, percent } = item;
  return {
    ...item,
    hostname: row.hostname,
    keyName: row.keyName,
    userDataBytes: row.userDataSealedBytes === null ? null : row.userDataSealedBytes - sealOverheadBytes,
    hasPassword: row.hasPassword,
    machineType: row.machineType,
    hardware: wholeHardware(row.hardware),
    crashPolicy: row.crashPolicy,
    availabilityZone: row.availabilityZone,
    zone: row.zone,
    requiredProperties: storedProperties(row.requiredProperties),
    waitLeftMs: row.launchedAt === null ? row.scheduleDeadline.getTime() - database.now().getTime() : null,
    requestId: row.requestId,
    conditions: conditions.catch({}).parse(row.conditions),
    fault: item.faultMessage,
    guest: row.guestId === null ? null : { id: row.guestId, hypervisorName, phase, percent },
  };
}

type DetailRow = {
  hardware: unknown;
  hostname: string;
  keyName: string | null;
  hasPassword: boolean;
  machineType: string;
  crashPolicy: CrashPolicy;
  availabilityZone: string | null;
  zone: string | null;
  requiredProperties: unknown;
  scheduleDeadline: Date;
  requestId: string | null;
  conditions: unknown;
  userDataSealedBytes: number | null;
};
const detailSelect = `i.hardware, i.hostname, i.key_name AS "keyName", i.password_hash_sealed IS NOT NULL AS "hasPassword",
  i.machine_type AS "machineType", i.crash_policy::text AS "crashPolicy", i.availability_zone AS "availabilityZone", i.conditions,
  h.availability_zone AS zone, i.required_properties AS "requiredProperties",
  i.schedule_deadline AS "scheduleDeadline", (SELECT o.request_id FROM operation o WHERE o.resource_id = i.id
    ORDER BY o.created_at DESC LIMIT 1) AS "requestId",
  octet_length(d.sealed) AS "userDataSealedBytes"`;
/** Version, nonce and tag of `seal.ts`. */
const sealOverheadBytes = 29;

const conditions = z.record(
  z.string(),
  z.object({
    ok: z.boolean(),
    reason: z.string().optional(),
    message: z.string().optional(),
    params: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  }),
);

export function instanceNotFound(): CloudError {
  return new CloudError("NotFound", "There is no such instance in this project.", {
    reason: "instanceNotFound",
  });
}

const statusShape = z.enum(instanceStatuses);
const taskShape = z.enum(taskStates).nullable();
const powerShape = z.enum(powerStates);
const faultShape = publicError.nullable().catch(null);

function toItem(row: Row, now: Date): InstanceItem {
  const seenMs = row.hypervisorSeenAt?.getTime() ?? 0;
  return {
    id: row.id,
    projectId: row.projectId,
    name: row.name,
    status: statusShape.parse(row.status),
    taskState: taskShape.parse(row.taskState),
    powerState: powerShape.parse(row.powerState),
    deleteProtection: row.deleteProtection,
    imageId: row.imageId,
    imageName: row.imageName,
    bootVolume: row.bootVolume,
    flavorId: row.flavorId,
    flavorName: row.flavorName,
    vcpus: row.vcpus,
    ramMib: row.ramMib,
    diskGib: row.diskGib,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
    launchedAt: row.launchedAt,
    reclaimAt: row.reclaimAt,
    userId: row.userId,
    userName: row.userName,
    phase: row.phase,
    percent: row.percent,
    faultMessage: faultShape.parse(row.fault),
    waiting: row.waiting,
    hypervisorReachable: row.guestId === null || now.getTime() - seenMs <= downAfterMs,
    driver: row.driver || null,
    generation: row.generation,
    addresses: row.addresses,
  };
}
