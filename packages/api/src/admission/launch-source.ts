/** What launches refer to: may it be used, and does it fit. Read once for all of them, judged for each. */
import { CloudError } from "@madang/core/errors";
import { launchHardware } from "@madang/core/image/hardware";
import type { LaunchInput } from "@madang/core/instance/launch";
import type { QuotaResource } from "@madang/core/quota/resource";
import type { Hardware } from "@madang/core/wire/hardware";
import {
  type Flavor,
  type Image,
  type KeyPair,
  PrismaNamespace,
  type ProjectCount,
  quotaCountsQuery,
  type Tx,
} from "@madang/db";
import { imageNotFound, isImageVisible } from "../reads/visible-image.ts";

const gib = 1024 ** 3;

export type LaunchImage = {
  id: string;
  name: string;
  minDiskGib: number;
  minRamMib: number;
  /** What the agent's wire calls `image`; fixed on the instance at launch. */
  source: { sha256: string; sizeBytes: number; virtualSizeBytes: number; format: "qcow2" | "raw" };
  /** What it asks of the machine; fixed on the instance too. */
  hardware: Hardware;
};

type SourceFlavor = Pick<
  Flavor,
  "id" | "name" | "enabled" | "isPublic" | "vcpus" | "ramMib" | "diskGib" | "requiredProperties"
>;
type SourceImage = Pick<
  Image,
  | "id"
  | "name"
  | "projectId"
  | "visibility"
  | "status"
  | "diskFormat"
  | "uploadFormat"
  | "sha256"
  | "minDiskGib"
  | "minRamMib"
  | "properties"
> & {
  deleted: boolean;
  sizeBytes: number | null;
  virtualSizeBytes: number | null;
  /** Of the launches' projects those that took it. */
  members: { projectId: string }[];
};
type SourceKeyPair = Pick<KeyPair, "id" | "userId" | "name" | "publicKey">;

/** By id. */
export type LaunchSources = {
  flavors: ReadonlyMap<string, SourceFlavor>;
  images: ReadonlyMap<string, SourceImage>;
  keyPairs: ReadonlyMap<string, SourceKeyPair>;
  /** The names there are, of those that were asked for. */
  zones: ReadonlySet<string>;
  counts: readonly ProjectCount[];
};
/** `image` null: it boots from a volume. */
export type LaunchSource = { flavor: SourceFlavor; image: LaunchImage | null; keyPair: SourceKeyPair | null };

type Row = {
  flavors: SourceFlavor[];
  images: SourceImage[];
  keyPairs: SourceKeyPair[];
  zones: string[];
  counts: ProjectCount[];
};

const all = (select: PrismaNamespace.Sql) =>
  PrismaNamespace.sql`(SELECT coalesce(jsonb_agg(to_jsonb(one)), '[]'::jsonb) FROM (${select}) AS one)`;

/**
 * Everything that one of the launches names, whoever may use it, and what their projects have in use of `counted`. One
 * statement: call it with the projects locked.
 */
export async function readSources(
  tx: Tx,
  inputs: readonly LaunchInput[],
  counted: readonly QuotaResource[],
): Promise<LaunchSources> {
  const named = (of: (input: LaunchInput) => string | null) => [
    ...new Set(inputs.flatMap((input) => of(input) ?? [])),
  ];
  const projectIds = named(({ projectId }) => projectId);
  const [row] = await tx.$queryRaw<Row[]>`
    SELECT ${all(flavorsOf(named(({ flavorId }) => flavorId)))} AS flavors,
      ${all(
        imagesOf(
          named(({ imageId }) => imageId),
          projectIds,
        ),
      )} AS images,
      ${all(keyPairsOf(named(({ keyPairId }) => keyPairId)))} AS "keyPairs",
      ${zonesOf(named(({ availabilityZone }) => availabilityZone))} AS zones,
      ${all(quotaCountsQuery(projectIds, counted))} AS counts`;
  if (!row) throw new TypeError("a query without a row");
  const { flavors, images, keyPairs, zones, counts } = row;
  return {
    flavors: byId(flavors),
    images: byId(images),
    keyPairs: byId(keyPairs),
    zones: new Set(zones),
    counts,
  };
}

function flavorsOf(ids: string[]): PrismaNamespace.Sql {
  return PrismaNamespace.sql`SELECT id, name, enabled, is_public AS "isPublic", vcpus, ram_mib AS "ramMib",
    disk_gib AS "diskGib", required_properties AS "requiredProperties" FROM flavor WHERE id = ANY(${ids}::uuid[])`;
}

function imagesOf(ids: string[], projectIds: string[]): PrismaNamespace.Sql {
  return PrismaNamespace.sql`SELECT id, name, project_id AS "projectId", visibility, status, disk_format AS "diskFormat", upload_format AS "uploadFormat", properties, sha256,
    min_disk_gib AS "minDiskGib", min_ram_mib AS "minRamMib", delete_requested_at IS NOT NULL AS deleted,
    size_bytes AS "sizeBytes", virtual_size_bytes AS "virtualSizeBytes",
    (SELECT coalesce(jsonb_agg(jsonb_build_object('projectId', m.project_id)), '[]'::jsonb) FROM image_member m
      WHERE m.image_id = image.id AND m.state = 'accepted' AND m.project_id = ANY(${projectIds}::uuid[])) AS members
    FROM image WHERE id = ANY(${ids}::uuid[])`;
}

function keyPairsOf(ids: string[]): PrismaNamespace.Sql {
  return PrismaNamespace.sql`SELECT id, user_id AS "userId", name, public_key AS "publicKey"
    FROM key_pair WHERE id = ANY(${ids}::uuid[])`;
}

/** A zone is there as long as a hypervisor names it, up or not. */
function zonesOf(names: string[]): PrismaNamespace.Sql {
  return PrismaNamespace.sql`ARRAY(SELECT DISTINCT availability_zone FROM hypervisor
    WHERE availability_zone = ANY(${names}::text[]) AND revoked_at IS NULL)`;
}

function byId<Row extends { id: string }>(rows: readonly Row[]): Map<string, Row> {
  return new Map(rows.map((row) => [row.id, row]));
}

/** Throws NotFound, InvalidState, InvalidInput. */
export function launchSource(sources: LaunchSources, input: LaunchInput, userId: string): LaunchSource {
  const flavor = offeredFlavor(sources.flavors.get(input.flavorId));
  const image =
    input.imageId === null ? null : usableImage(sources.images.get(input.imageId), input.projectId);
  if (image) checkFit(flavor, image);
  requireZone(sources.zones, input.availabilityZone);
  return { flavor, image, keyPair: ownKeyPair(sources.keyPairs, input.keyPairId, userId) };
}

function offeredFlavor(flavor: SourceFlavor | undefined): SourceFlavor {
  if (flavor?.enabled && flavor.isPublic) return flavor;
  throw new CloudError("NotFound", "There is no such flavor, or it is no longer offered.", {
    reason: "flavorNotFound",
    field: "flavorId",
  });
}

function usableImage(image: SourceImage | undefined, projectId: string): LaunchImage {
  if (!image || !isImageVisible(image, projectId)) throw imageNotFound("imageId");
  const { sha256, sizeBytes, virtualSizeBytes, diskFormat: format } = image;
  if (image.status !== "active" || sha256 === null || sizeBytes === null || virtualSizeBytes === null) {
    throw new CloudError("InvalidState", "This image is not ready to be used.", {
      reason: "imageNotActive",
      field: "imageId",
    });
  }
  const source = { sha256, sizeBytes, virtualSizeBytes, format };
  const { id, name, minDiskGib, minRamMib } = image;
  return { id, name, minDiskGib, minRamMib, source, hardware: launchHardware(image) };
}

function requireZone(zones: ReadonlySet<string>, availabilityZone: string | null): void {
  if (availabilityZone === null || zones.has(availabilityZone)) return;
  throw new CloudError("InvalidInput", "There is no such availability zone.", {
    reason: "zoneNotFound",
    field: "availabilityZone",
  });
}

function ownKeyPair(
  keyPairs: ReadonlyMap<string, SourceKeyPair>,
  id: string | null,
  userId: string,
): SourceKeyPair | null {
  if (id === null) return null;
  const keyPair = keyPairs.get(id);
  if (keyPair?.userId === userId) return keyPair;
  throw new CloudError("NotFound", "There is no such key pair.", {
    reason: "keyPairNotFound",
    field: "keyPairId",
  });
}

/** A flavor's disk of 0 GiB is as large as the image. Throws InvalidInput. */
function checkFit(flavor: Pick<Flavor, "ramMib" | "diskGib">, image: LaunchImage): void {
  if (flavor.ramMib < image.minRamMib) {
    throw new CloudError("InvalidInput", `This image needs at least ${image.minRamMib} MiB of memory.`, {
      reason: "flavorRamTooSmall",
      params: { needed: image.minRamMib, has: flavor.ramMib },
      field: "flavorId",
    });
  }
  const isCd = image.hardware.medium === "cdrom";
  if (isCd && flavor.diskGib === 0) throw noDiskForCd();
  const needed = Math.max(image.minDiskGib, isCd ? 0 : Math.ceil(image.source.virtualSizeBytes / gib));
  const tooSmall = flavor.diskGib === 0 ? false : flavor.diskGib < needed;
  if (!tooSmall) return;
  throw new CloudError("InvalidInput", `This image needs a disk of at least ${needed} GiB.`, {
    reason: "flavorDiskTooSmall",
    params: { needed, has: flavor.diskGib },
    field: "flavorId",
  });
}

/** What is installed from it needs a place, and its own size says nothing of that. */
function noDiskForCd(): CloudError {
  return new CloudError("InvalidInput", "This image is a CD: choose a flavor with a disk to install on.", {
    reason: "imageCdNeedsDisk",
    field: "flavorId",
  });
}
