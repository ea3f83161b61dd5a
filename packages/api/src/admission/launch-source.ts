/** What launches refer to: may it be used, and does it fit. Read once for all of them, judged for each. */
import { CloudError } from "@madang/core/errors";
import type { LaunchInput } from "@madang/core/instance/launch";
import type { Flavor, Image, ImageMember, KeyPair, Tx } from "@madang/db";
import { imageNotFound, isImageVisible } from "../reads/visible-image.ts";

const gib = 1024 ** 3;

export type LaunchImage = {
  id: string;
  name: string;
  minDiskGib: number;
  minRamMib: number;
  /** What the agent's wire calls `image`; fixed on the instance at launch. */
  source: { sha256: string; sizeBytes: number; virtualSizeBytes: number; format: "qcow2" | "raw" };
};

/** By id. */
export type LaunchSources = {
  flavors: ReadonlyMap<string, Flavor>;
  images: ReadonlyMap<string, SharedImage>;
  keyPairs: ReadonlyMap<string, KeyPair>;
  /** The names there are, of those that were asked for. */
  zones: ReadonlySet<string>;
};
/** With the projects that took it. */
export type SharedImage = Image & { members: Pick<ImageMember, "projectId">[] };
export type LaunchSource = { flavor: Flavor; image: LaunchImage; keyPair: KeyPair | null };

/** Everything that one of the launches names, whoever may use it. */
export async function readSources(tx: Tx, inputs: readonly LaunchInput[]): Promise<LaunchSources> {
  const ids = (named: (input: LaunchInput) => string | null) => [
    ...new Set(inputs.flatMap((input) => named(input) ?? [])),
  ];
  const flavors = await tx.flavor.findMany({ where: { id: { in: ids(({ flavorId }) => flavorId) } } });
  const images = await tx.image.findMany({
    where: { id: { in: ids(({ imageId }) => imageId) } },
    include: { members: { where: { state: "accepted" }, select: { projectId: true } } },
  });
  const keyPairIds = ids(({ keyPairId }) => keyPairId);
  const keyPairs =
    keyPairIds.length === 0 ? [] : await tx.keyPair.findMany({ where: { id: { in: keyPairIds } } });
  const zones = await knownZones(
    tx,
    ids(({ availabilityZone }) => availabilityZone),
  );
  return { flavors: byId(flavors), images: byId(images), keyPairs: byId(keyPairs), zones };
}

function byId<Row extends { id: string }>(rows: readonly Row[]): Map<string, Row> {
  return new Map(rows.map((row) => [row.id, row]));
}

/** A zone is there as long as a hypervisor names it, up or not. */
async function knownZones(tx: Tx, asked: string[]): Promise<Set<string>> {
  if (asked.length === 0) return new Set();
  const rows = await tx.hypervisor.findMany({
    where: { availabilityZone: { in: asked }, revokedAt: null },
    select: { availabilityZone: true },
    distinct: ["availabilityZone"],
  });
  return new Set(rows.map(({ availabilityZone }) => availabilityZone));
}

/** Throws NotFound, InvalidState, InvalidInput. */
export function launchSource(sources: LaunchSources, input: LaunchInput, userId: string): LaunchSource {
  const flavor = offeredFlavor(sources.flavors.get(input.flavorId));
  const image = usableImage(sources.images.get(input.imageId), input.projectId);
  checkFit(flavor, image);
  requireZone(sources.zones, input.availabilityZone);
  return { flavor, image, keyPair: ownKeyPair(sources.keyPairs, input.keyPairId, userId) };
}

function offeredFlavor(flavor: Flavor | undefined): Flavor {
  if (flavor?.enabled && flavor.isPublic) return flavor;
  throw new CloudError("NotFound", "There is no such flavor, or it is no longer offered.", {
    reason: "flavorNotFound",
    field: "flavorId",
  });
}

function usableImage(image: SharedImage | undefined, projectId: string): LaunchImage {
  if (!image || !isImageVisible(image, projectId)) throw imageNotFound("imageId");
  const { sha256, sizeBytes, virtualSizeBytes, diskFormat: format } = image;
  if (image.status !== "active" || sha256 === null || sizeBytes === null || virtualSizeBytes === null) {
    throw new CloudError("InvalidState", "This image is not ready to be used.", {
      reason: "imageNotActive",
      field: "imageId",
    });
  }
  const source = { sha256, sizeBytes: Number(sizeBytes), virtualSizeBytes: Number(virtualSizeBytes), format };
  const { id, name, minDiskGib, minRamMib } = image;
  return { id, name, minDiskGib, minRamMib, source };
}

function requireZone(zones: ReadonlySet<string>, availabilityZone: string | null): void {
  if (availabilityZone === null || zones.has(availabilityZone)) return;
  throw new CloudError("InvalidInput", "There is no such availability zone.", {
    reason: "zoneNotFound",
    field: "availabilityZone",
  });
}

function ownKeyPair(
  keyPairs: ReadonlyMap<string, KeyPair>,
  id: string | null,
  userId: string,
): KeyPair | null {
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
  const needed = Math.max(image.minDiskGib, Math.ceil(image.source.virtualSizeBytes / gib));
  const tooSmall = flavor.diskGib === 0 ? false : flavor.diskGib < needed;
  if (!tooSmall) return;
  throw new CloudError("InvalidInput", `This image needs a disk of at least ${needed} GiB.`, {
    reason: "flavorDiskTooSmall",
    params: { needed, has: flavor.diskGib },
    field: "flavorId",
  });
}
