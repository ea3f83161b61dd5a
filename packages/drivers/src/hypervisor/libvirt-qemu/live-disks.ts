/**
 * Volumes of a guest that runs: QEMU has them open, so it does to them what qemu-img does to others. Snapshots are QEMU's
 * internal ones, which libvirt has no call for; node names are read anew each time, for they change.
 */
import { CloudError } from "@madang/core/errors";
import { z } from "zod";
import { copyTagOf, readTag, tagOf } from "../../disk/snapshot-tag.ts";
import type { LiveDisks } from "../driver.ts";
import type { DiskCalls } from "./disk-calls.ts";
import { type DefinedDisk, readDisks } from "./disk-xml.ts";
import type { Domains } from "./domains.ts";
import { whileQuiet } from "./freeze.ts";
import { findOurs, type Guest, observation } from "./guests.ts";
import type { Domain } from "./rpc/xdr.ts";

type Deps = { domains: Domains; disks: DiskCalls };

type Running = { guest: Guest; disks: DefinedDisk[] };
type Node = DefinedDisk & { node: string };

export function liveDisks(deps: Deps): LiveDisks {
  const nodeOf = async (guestId: string, volumeId: string) => {
    const { guest, disks } = await running(deps, guestId);
    return { guest, domain: guest.domain, node: findNode(disks, volumeId) };
  };
  const drop = async (guestId: string, volumeId: string, isIt: (tag: string) => boolean) => {
    const { domain, node } = await nodeOf(guestId, volumeId);
    const tag = (await tagsOf(deps, domain)).get(node.node)?.find(isIt);
    if (tag === undefined) return;
    await deps.disks.monitor(domain, "blockdev-snapshot-delete-internal-sync", {
      device: node.node,
      name: tag,
    });
  };
  return {
    async snapshot(guestId, volumes, signal) {
      const { guest, disks } = await running(deps, guestId);
      const { domain } = guest;
      const present = await tagsOf(deps, domain);
      const wanted = volumes.flatMap(({ volumeId, snapshotId }) => {
        const node = findNode(disks, volumeId).node;
        const isThere = present.get(node)?.some((tag) => readTag(tag)?.snapshotId === snapshotId);
        return isThere ? [] : [{ node, snapshotId }];
      });
      if (wanted.length === 0) return;
      signal.throwIfAborted();
      await whileQuiet(deps, guest, async (isQuiet) => {
        const taken = isQuiet ? ("quiesced" as const) : ("live" as const);
        const actions = wanted.map(({ node, snapshotId }) =>
          snapshotAction(node, tagOf({ snapshotId, taken })),
        );
        await deps.disks.monitor(domain, "transaction", { actions });
      });
    },
    removeSnapshot: (guestId, volumeId, snapshotId) =>
      drop(guestId, volumeId, (tag) => readTag(tag)?.snapshotId === snapshotId),
    async beginCopy(guestId, volumeId, intoVolumeId, signal) {
      const { guest, domain, node } = await nodeOf(guestId, volumeId);
      const name = copyTagOf(intoVolumeId);
      if ((await tagsOf(deps, domain)).get(node.node)?.includes(name)) return;
      signal.throwIfAborted();
      await whileQuiet(deps, guest, async () => {
        await deps.disks.monitor(domain, "blockdev-snapshot-internal-sync", { device: node.node, name });
      });
    },
    endCopy: (guestId, volumeId, intoVolumeId) =>
      drop(guestId, volumeId, (tag) => tag === copyTagOf(intoVolumeId)),
    async resize(guestId, volumeId, sizeBytes) {
      const { domain, node } = await nodeOf(guestId, volumeId);
      await deps.disks.resize(domain, node.target, sizeBytes);
    },
  };
}

async function running({ domains }: Deps, guestId: string): Promise<Running> {
  const guest = await findOurs(domains, guestId);
  if (!guest || (await observation(domains, guest)).observed !== "running")
    throw new CloudError("InvalidState", "The guest is not running.", {
      reason: "GuestState",
      retry: "later",
    });
  return { guest, disks: readDisks(await domains.liveXml(guest.domain)) };
}

function findNode(disks: readonly DefinedDisk[], volumeId: string): Node {
  const found = disks.find((one) => one.volumeId === volumeId);
  if (found?.node) return { ...found, node: found.node };
  throw new CloudError("InvalidState", "The guest does not have the volume any more.", {
    reason: "VolumeBusy",
    detail: `no disk of volume ${volumeId}`,
    retry: "later",
  });
}

const snapshotAction = (device: string, name: string) => ({
  type: "blockdev-snapshot-internal-sync",
  data: { device, name },
});

const nodes = z.array(
  z.object({
    "node-name": z.string(),
    image: z.object({ snapshots: z.array(z.object({ name: z.string() })).default([]) }),
  }),
);

/** The snapshots inside each open image, by QEMU's name for it. */
export async function tagsOf({ disks }: Pick<Deps, "disks">, domain: Domain): Promise<Map<string, string[]>> {
  const found = nodes.parse(await disks.monitor(domain, "query-named-block-nodes", { flat: true }));
  return new Map(found.map((one) => [one["node-name"], one.image.snapshots.map(({ name }) => name)]));
}
