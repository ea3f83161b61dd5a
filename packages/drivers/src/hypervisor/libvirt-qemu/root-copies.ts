/**
 * Copies of root disks. What is to be copied is held as a snapshot inside the disk: QEMU takes it of a guest that runs,
 * qemu-img of one that does not, and qemu-img reads it either way, for nothing that is written later changes it.
 */
import { copyOut } from "../../disk/copy-out.ts";
import { exists } from "../../disk/owned-file.ts";
import { changeSnapshot, type ImageChain, imageInfo } from "../../disk/qemu-img.ts";
import { copyTagOf } from "../../disk/snapshot-tag.ts";
import { sourceMissing } from "../../storage/fault.ts";
import type { RootCopies } from "../driver.ts";
import type { GuestLocks } from "../guest-lock.ts";
import { readBody } from "./body.ts";
import type { DiskCalls } from "./disk-calls.ts";
import { nodeOfFile } from "./disk-xml.ts";
import type { Domains } from "./domains.ts";
import { whileQuiet } from "./freeze.ts";
import { guestFiles } from "./guest-files.ts";
import { findOurs, type Guest, observation } from "./guests.ts";
import { tagsOf } from "./live-disks.ts";

type Deps = { domains: Domains; disks: DiskCalls; instancesDir: string };

/** Letting go of one is short, and nobody calls it off. */
const endMs = 120_000;

export function rootCopies(deps: Deps, locks: GuestLocks): RootCopies {
  return {
    begin: (guestId, copyId, signal) =>
      locks.run(guestId, signal, async () => {
        const { chain, tags } = await rootDisk(deps, guestId);
        const tag = copyTagOf(copyId);
        const live = await liveNode(deps, guestId, chain.path);
        if (!live) return tags.includes(tag) ? undefined : changeSnapshot(chain, "create", tag);
        if ((await tagsOf(deps, live.guest.domain)).get(live.node)?.includes(tag)) return;
        await whileQuiet(deps, live.guest, async () => {
          const snapshot = { device: live.node, name: tag };
          await deps.disks.monitor(live.guest.domain, "blockdev-snapshot-internal-sync", snapshot);
        });
      }),
    async write(guestId, copyId, path, how) {
      const { chain, tags } = await rootDisk(deps, guestId);
      const tag = copyTagOf(copyId);
      if (!tags.includes(tag)) throw sourceMissing(`guest ${guestId} is not ready to be copied`);
      await copyOut({ chain, tag, sizeBytes: null }, path, how);
    },
    end: (guestId, copyId) =>
      locks.run(guestId, AbortSignal.timeout(endMs), async () => {
        if (!(await exists(guestFiles(deps.instancesDir, guestId).disk))) return;
        const { chain, tags } = await rootDisk(deps, guestId);
        const tag = copyTagOf(copyId);
        const live = await liveNode(deps, guestId, chain.path);
        if (!live) return tags.includes(tag) ? changeSnapshot(chain, "remove", tag) : undefined;
        if (!(await tagsOf(deps, live.guest.domain)).get(live.node)?.includes(tag)) return;
        const snapshot = { device: live.node, name: tag };
        await deps.disks.monitor(live.guest.domain, "blockdev-snapshot-delete-internal-sync", snapshot);
      }),
  };
}

/** What is below it is our own word, not its header's. */
async function rootDisk(
  { instancesDir }: Deps,
  guestId: string,
): Promise<{ chain: ImageChain; tags: string[] }> {
  const { disk, base } = guestFiles(instancesDir, guestId);
  if (!(await exists(disk))) throw sourceMissing(`guest ${guestId} has no root disk here`);
  const { tags, hasBase } = await imageInfo({ path: disk });
  const format = hasBase ? (await readBody(instancesDir, guestId))?.image.format : null;
  if (format === undefined) throw sourceMissing(`nobody knows what the disk of guest ${guestId} stands on`);
  return { chain: { path: disk, base: format && { path: base, format } }, tags };
}

async function liveNode(
  deps: Deps,
  guestId: string,
  path: string,
): Promise<{ guest: Guest; node: string } | null> {
  const guest = await findOurs(deps.domains, guestId);
  if (!guest || (await observation(deps.domains, guest)).observed !== "running") return null;
  const node = nodeOfFile(await deps.domains.liveXml(guest.domain), path);
  return node === null ? null : { guest, node };
}
