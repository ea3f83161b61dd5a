/** What one hypervisor should be, read from the rows each time: nobody can forget to bump its revision, for it is a hash. */
import { createHash } from "node:crypto";
import { type ConsoleOrder, consoleOrder, type Snapshot } from "@madang/core/wire/agent";
import { type GuestSpec, guestSpec } from "@madang/core/wire/guest";
import { consoleDialMs, openConsoleSecret } from "../console.ts";
import { isOrphanVolume } from "../reads/orphan-volume.ts";
import type { AgentDeps } from "./deps.ts";
import { readExportOrders } from "./export-orders.ts";
import { readVolumeSpecs } from "./volume-specs.ts";

type GuestRow = {
  guestId: string;
  instanceId: string;
  projectId: string;
  generation: number;
  desired: string;
  rebootSeq: number;
  rebootKind: string;
  crashPolicy: string;
  operationId: string | null;
  hostname: string;
  vcpus: number;
  ramMib: number;
  diskGib: number;
  machineType: string;
  image: unknown;
  hardware: unknown;
  keyName: string | null;
  publicKey: string | null;
  userDataSha256: string | null;
  passwordHashSealed: string | null;
  availabilityZone: string;
  launchIndex: number;
  nics: unknown;
  disks: unknown;
};

/** The network's own port at which its guests reach the metadata service. */
const metadataPort = `(SELECT json_build_object('portId', m.id, 'mac', m.mac, 'addresses', (SELECT
      coalesce(json_agg(json_build_object('address', host(a.address), 'prefixLength', masklen(s.cidr::inet)) ORDER BY a.address), '[]')
      FROM ip_allocation a JOIN subnet s ON s.id = a.subnet_id WHERE a.port_id = m.id))
    FROM port m WHERE m.network_id = p.network_id AND m.owner = 'metadata' ORDER BY m.id LIMIT 1)`;

const portAddresses = `(SELECT coalesce(json_agg(json_build_object('address', host(a.address),
      'prefixLength', masklen(s.cidr::inet), 'gateway', s.gateway, 'dnsServers', s.dns_servers, 'dhcp', s.dhcp)
      ORDER BY a.address), '[]')
    FROM ip_allocation a JOIN subnet s ON s.id = a.subnet_id WHERE a.port_id = p.id)`;

/** In the order in which the guest shall see them. */
const nics = `(SELECT coalesce(json_agg(json_build_object('portId', p.id, 'networkId', p.network_id, 'mac', p.mac, 'mtu', n.mtu,
      'addresses', ${portAddresses}, 'metadata', ${metadataPort}) ORDER BY p.position, p.created_at, p.id), '[]')
    FROM port p JOIN network n ON n.id = p.network_id WHERE p.instance_id = i.id)`;

/** What it was told of and is not to give back. */
const disks = `(SELECT coalesce(json_agg(json_build_object('attachmentId', a.id, 'volumeId', a.volume_id, 'readOnly', a.read_only,
      'boot', a.boot, 'qos', t.qos) ORDER BY a.position, a.id), '[]')
    FROM volume_attachment a JOIN volume v ON v.id = a.volume_id JOIN volume_type t ON t.id = v.volume_type_id
    WHERE a.instance_id = i.id AND v.hypervisor_id = g.hypervisor_id AND a.phase IN ('attaching', 'attached'))`;

/** An agent from before would not understand the whole snapshot for one guest without an image; silence orders nothing. */
const canBeTold = `(i.image_source IS NOT NULL OR (h.capabilities ->> 'bootsFromVolume')::boolean IS TRUE)`;

const guestQuery = {
  name: "madang_snapshot_guests",
  text: `SELECT g.id AS "guestId", i.id AS "instanceId", i.project_id AS "projectId", g.generation,
    g.desired::text, g.reboot_seq AS "rebootSeq", g.reboot_kind::text AS "rebootKind", g.operation_id AS "operationId",
    i.crash_policy::text AS "crashPolicy", i.hostname, i.vcpus,
    i.ram_mib AS "ramMib", i.disk_gib AS "diskGib", i.machine_type AS "machineType", i.image_source AS image, i.hardware,
    i.key_name AS "keyName", i.public_key AS "publicKey", i.user_data_sha256 AS "userDataSha256",
    i.password_hash_sealed AS "passwordHashSealed", h.availability_zone AS "availabilityZone",
    i.launch_index AS "launchIndex", ${nics} AS nics, ${disks} AS disks
  FROM guest g JOIN instance i ON i.id = g.instance_id JOIN hypervisor h ON h.id = g.hypervisor_id
  WHERE g.hypervisor_id = $1 AND ${canBeTold} ORDER BY g.id`,
};

const consoleQuery = {
  name: "madang_snapshot_consoles",
  text: `SELECT c.id, c.guest_id AS "guestId", c.kind, c.internal_url AS url, c.agent_secret AS sealed
  FROM console_session c JOIN guest g ON g.id = c.guest_id
  WHERE g.hypervisor_id = $1 AND c.closed_at IS NULL AND c.agent_dialled_at IS NULL AND c.internal_url IS NOT NULL
    AND c.redeemed_at > now() - make_interval(secs => $2) ORDER BY c.id`,
};

const orphanQuery = {
  name: "madang_snapshot_orphans",
  text: `SELECT guest_id AS "guestId", 'destroy' AS action FROM orphan_order
  WHERE hypervisor_id = $1 AND done_at IS NULL ORDER BY guest_id`,
};

/** Never of a volume that is known again here, or may be placed here next. */
const orphanVolumeQuery = {
  name: "madang_snapshot_orphan_volumes",
  text: `SELECT o.volume_id AS "volumeId", 'remove' AS action, to_json(o.remove_requested_at) AS "requestedAt" FROM orphan_volume o
  WHERE o.hypervisor_id = $1 AND o.remove_requested_at IS NOT NULL AND ${isOrphanVolume} ORDER BY o.volume_id`,
};

type OrphanOrders = Snapshot["orphanOrders"];
type OrphanVolumeOrders = NonNullable<Snapshot["orphanVolumeOrders"]>;

export async function readSnapshot(deps: AgentDeps, hypervisorId: string): Promise<Snapshot> {
  const [guestRows, consoleRows, orphanRows, volumeOrders, volumes, exports] = await Promise.all([
    deps.agents.pool.query<GuestRow>(guestQuery, [hypervisorId]),
    deps.agents.pool.query<ConsoleRow>(consoleQuery, [hypervisorId, consoleDialMs / 1_000]),
    deps.agents.pool.query<OrphanOrders[number]>(orphanQuery, [hypervisorId]),
    deps.agents.pool.query<OrphanVolumeOrders[number]>(orphanVolumeQuery, [hypervisorId]),
    readVolumeSpecs(deps, hypervisorId),
    readExportOrders(deps, hypervisorId),
  ]);
  const orphanOrders = orphanRows.rows;
  const orphanVolumeOrders = volumeOrders.rows;
  const guests = guestRows.rows.flatMap((row) => specOf(deps, row));
  const consoles = consoleRows.rows.flatMap((row) => orderOf(deps, row));
  const revision = createHash("sha256")
    .update(JSON.stringify([guests, consoles, orphanOrders, volumes, orphanVolumeOrders, exports, "metrics"]))
    .digest("hex");
  const told = { guests, consoles, orphanOrders, volumes, orphanVolumeOrders, exports };
  return { revision, hypervisorId, ...told, metrics: true };
}

/** A row that can't be told to an agent is logged and left out, which orders nothing (invariant 5). */
function specOf(deps: AgentDeps, row: GuestRow): GuestSpec[] {
  const { keyName, publicKey, passwordHashSealed, ...rest } = row;
  const keys = keyName !== null && publicKey !== null ? [{ name: keyName, publicKey }] : [];
  try {
    return [guestSpec.parse({ ...rest, keys, passwordHash: openPassword(deps, row) })];
  } catch (error) {
    deps.log.error({ err: error, guestId: row.guestId }, "guest can't be told to its agent");
    return [];
  }
}

/** What is to be destroyed needs no password, and must go even when the key that sealed it is lost. */
function openPassword(deps: AgentDeps, { instanceId, passwordHashSealed, desired }: GuestRow): string | null {
  if (passwordHashSealed === null || desired === "absent") return null;
  return deps.seal.open(Buffer.from(passwordHashSealed, "base64"), `password:${instanceId}`).toString("utf8");
}

type ConsoleRow = { id: string; guestId: string; kind: string; url: string; sealed: string };

function orderOf(deps: AgentDeps, { sealed, ...row }: ConsoleRow): ConsoleOrder[] {
  try {
    return [consoleOrder.parse({ ...row, secret: openConsoleSecret(deps.seal, row.id, sealed) })];
  } catch (error) {
    deps.log.error({ err: error, consoleId: row.id }, "console can't be told to its agent");
    return [];
  }
}

/** True when one of the hypervisor's guests or volumes needs the image. */
export async function mayFetchImage(deps: AgentDeps, hypervisorId: string, sha256: string): Promise<boolean> {
  const { rowCount } = await deps.agents.pool.query(
    `SELECT 1 FROM guest g JOIN instance i ON i.id = g.instance_id
     WHERE g.hypervisor_id = $1 AND i.image_source->>'sha256' = $2
     UNION ALL SELECT 1 FROM volume WHERE hypervisor_id = $1 AND image_source->>'sha256' = $2 LIMIT 1`,
    [hypervisorId, sha256],
  );
  return rowCount === 1;
}
