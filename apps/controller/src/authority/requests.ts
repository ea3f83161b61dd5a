/** Signs what waits in the table `certificate`, and publishes the authority's own certificate there. */
import { CloudError } from "@madang/core/errors";
import { type Certificate, type HintTopic, type Prisma, transaction } from "@madang/db";
import type { Logger } from "pino";
import type { Authority } from "./ca.ts";
import { issueCertificate } from "./issue.ts";

export type AuthorityDeps = {
  prisma: Prisma;
  authority: Authority;
  publish: (...topics: HintTopic[]) => void;
  now: () => Date;
  log: Logger;
};

const nilUuid = "00000000-0000-0000-0000-000000000000";

/**
 * Makes the CA's row, once for the whole cloud. Throws Conflict when the cloud already has another authority: signing
 * with a second one would cut off every agent that trusts the first.
 */
export async function publishAuthority({ prisma, authority }: Omit<AuthorityDeps, "log">): Promise<void> {
  const stored = await transaction(prisma, async (tx) => {
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('madang_certificate_authority'))`;
    const row = await tx.certificate.findFirst({ where: { kind: "ca", revokedAt: null } });
    if (row) return row.pem;
    const { pem, certificate } = authority;
    const { notAfter, serialNumber: serial } = certificate;
    await tx.certificate.create({
      data: { id: crypto.randomUUID(), kind: "ca", subjectId: nilUuid, pem, serial, notAfter },
    });
    return pem;
  });
  if (stored?.trim() === authority.pem.trim()) return;
  throw new CloudError("Conflict", "This cloud's certificate authority lies elsewhere.", {
    reason: "foreignAuthority",
    detail: "MADANG_CA holds another key than the one this database knows; restore the old folder.",
  });
}

/** Signs every waiting request; answers how many it dealt with. Safe with several controllers: one wins each row. */
export async function signRequests(deps: AuthorityDeps): Promise<number> {
  const waiting = await deps.prisma.certificate.findMany({
    where: { pem: null, fault: null, csr: { not: null }, revokedAt: null, kind: { not: "ca" } },
    orderBy: { requestedAt: "asc" },
    take: 100,
  });
  for (const row of waiting) {
    // One that can't be dealt with must not keep the others waiting.
    await signRequest(deps, row).catch((error) =>
      deps.log.error({ err: error, certificateId: row.id }, "not signed"),
    );
  }
  if (waiting.length > 0) deps.publish("certificate");
  return waiting.length;
}

async function signRequest(deps: AuthorityDeps, row: Certificate): Promise<void> {
  const { id, kind, subjectId, names, csr } = row;
  if (kind === "ca" || csr === null) return;
  const data = await issueCertificate(deps.authority, { kind, subjectId, names, csr }, deps.now()).catch(
    faultOf,
  );
  const { count } = await deps.prisma.certificate.updateMany({ where: { id, pem: null, fault: null }, data });
  if (count === 0) return;
  deps.log.info(
    { certificateId: id, kind, subjectId, ...("fault" in data ? data : {}) },
    "certificate request",
  );
}

function faultOf(error: unknown): { fault: string } {
  if (error instanceof CloudError && error.code === "InvalidInput") return { fault: error.message };
  throw error;
}
