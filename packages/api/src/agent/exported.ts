/** What a hypervisor says and brings of an image that it was told to make. */
import { CloudError } from "@madang/core/errors";
import type { ExportPiece, ExportReport } from "@madang/core/wire/export";
import { type Image, lockImage, PrismaNamespace, transaction, wake, writeImageStatus } from "@madang/db";
import type { AgentDeps } from "./deps.ts";
import type { Peer } from "./peer.ts";

const open = (peer: Peer, id: string) => ({
  ...{ id, sourceHypervisorId: peer.hypervisorId, uploadEndedAt: null, deleteRequestedAt: null },
  fault: { equals: PrismaNamespace.DbNull },
});

/** Of an image whose bytes nobody waits for any more it means nothing. */
export async function hearExport(deps: AgentDeps, peer: Peer, report: ExportReport): Promise<void> {
  const { exportId: id, percent: exportPercent, fault } = report;
  const data = { exportPercent, exportFault: fault ?? PrismaNamespace.DbNull };
  await transaction(deps.agents.prisma, async (tx) => {
    if (!(await lockImage(tx, id))) return;
    const { count } = await tx.image.updateMany({ where: open(peer, id), data });
    if (count > 0) await wake(deps.boss, tx, "image", id);
  });
}

/** A copy is never much larger than its disk: its tables, and what an empty one takes. */
const tableShare = 1 / 500;
const leastBytes = 16 * 1024 ** 2;

/** Asked at every piece. Throws NotFound, InvalidState when no byte is wanted, InvalidInput when there are too many. */
export async function requireWanted(
  deps: Pick<AgentDeps, "agents">,
  peer: Peer,
  id: string,
  { sizeBytes }: ExportPiece,
): Promise<void> {
  const image = await deps.agents.prisma.image.findUnique({ where: { id } });
  if (image?.sourceHypervisorId !== peer.hypervisorId || image.deleteRequestedAt !== null)
    throw new CloudError("NotFound", "There is no such image here.", { reason: "imageNotFound" });
  if (image.uploadEndedAt !== null || image.fault !== null) throw closed();
  if (sizeBytes <= mostBytes(image)) return;
  throw new CloudError("InvalidInput", "The copy is larger than the disk that it is of.", {
    reason: "exportTooLarge",
    params: { bytes: sizeBytes },
  });
}

function mostBytes({ uploadSizeBytes }: Image): number {
  const disk = Number(uploadSizeBytes ?? 0);
  return Math.ceil(disk * (1 + tableShare)) + leastBytes;
}

function closed(): CloudError {
  return new CloudError("InvalidState", "This image takes no bytes any more.", {
    reason: "imageUploadClosed",
  });
}

/** So many bytes are there, durably; with the last of them the import begins. Throws InvalidState. */
export async function noteBrought(
  deps: AgentDeps,
  peer: Peer,
  id: string,
  { sizeBytes, sha256 }: ExportPiece,
  bytes: number,
): Promise<void> {
  const noted = await transaction(deps.agents.prisma, async (tx) => {
    if (!(await lockImage(tx, id))) return false;
    const whole = bytes === sizeBytes ? { uploadEndedAt: deps.agents.now() } : {};
    const data = {
      uploadedBytes: BigInt(bytes),
      exportBytes: BigInt(sizeBytes),
      exportSha256: sha256,
      ...whole,
    };
    const { count } = await tx.image.updateMany({ where: open(peer, id), data });
    if (count === 0) return false;
    await writeImageStatus(tx, id);
    await wake(deps.boss, tx, "image", id);
    return true;
  });
  if (!noted) throw closed();
  if (bytes === sizeBytes) deps.hints.publish(`hypervisor:${peer.hypervisorId}`);
}
