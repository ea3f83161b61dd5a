/** Who an agent is: the certificate it proved to hold, looked up for every request, so a revoked one is refused at once. */
import { CloudError } from "@madang/core/errors";
import type { Database, Hypervisor } from "@madang/db";

/** What the TLS layer verified against our CA. */
export type PeerCertificate = { subjectAltName: string; serialNumber: string };
export type Peer = { hypervisorId: string; serial: string };

const hypervisorUri =
  /^URI:madang:\/\/hypervisor\/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/;

/** Throws Unauthenticated; why it was refused is only in the detail. */
export async function identifyPeer(database: Database, certificate: PeerCertificate | null): Promise<Peer> {
  const [, hypervisorId] = hypervisorUri.exec(certificate?.subjectAltName ?? "") ?? [];
  if (!certificate || hypervisorId === undefined) throw refused("no certificate of a hypervisor");
  const peer = { hypervisorId, serial: plainSerial(certificate.serialNumber) };
  await requirePeer(database, peer);
  return peer;
}

const peerQuery = {
  name: "madang_peer",
  text: `SELECT 1 FROM certificate c JOIN hypervisor h ON h.id = c.subject_id
    WHERE c.kind = 'hypervisor' AND c.subject_id = $1 AND ltrim(lower(c.serial), '0') = $2 AND c.revoked_at IS NULL
      AND c.not_after > now() AND h.revoked_at IS NULL`,
};

/** Asked again and again by what stays open for long. */
export async function requirePeer(database: Database, { hypervisorId, serial }: Peer): Promise<void> {
  const { rowCount } = await database.pool.query(peerQuery, [hypervisorId, serial]);
  if (rowCount !== 1)
    throw refused(`certificate ${serial} of hypervisor ${hypervisorId} is revoked or unknown`);
}

/** For whoever has the row at hand anyway: a call that waited for its turn may have been let in before the revocation. */
export function refuseRevoked({ id, revokedAt }: Pick<Hypervisor, "id" | "revokedAt">): void {
  if (revokedAt !== null) throw refused(`hypervisor ${id} is revoked`);
}

function plainSerial(serial: string): string {
  return serial.replaceAll(":", "").toLowerCase().replace(/^0+/, "");
}

function refused(detail: string): CloudError {
  return new CloudError("Unauthenticated", "This agent is not known here, or no longer.", {
    reason: "agentRefused",
    detail,
  });
}
