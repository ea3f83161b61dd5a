/** Asking the controller, the only one that reads the CA's key, for a certificate: a row in, and later its PEM out. */
import { CloudError } from "@madang/core/errors";
import {
  type CertificateKind,
  type Database,
  type Hints,
  type PgBoss,
  type Tx,
  transaction,
  wake,
} from "@madang/db";
import { readCa } from "../admission/join-token.ts";
import { type HintBus, nextHint } from "../hint-bus.ts";

export type Issued = { certificate: string; ca: string; notAfter: Date };
export type CertificateWish = {
  kind: Exclude<CertificateKind, "ca">;
  subjectId: string;
  /** IP addresses and DNS names, for web processes. */
  names: readonly string[];
  csr: string;
};

/** Answers the id of the request. */
export async function askForCertificate(boss: PgBoss, tx: Tx, wish: CertificateWish): Promise<string> {
  const { id } = await tx.certificate.create({
    data: { id: crypto.randomUUID(), ...wish, names: [...wish.names] },
    select: { id: true },
  });
  await wake(boss, tx, "certificate", id);
  return id;
}

export async function requestCertificate(
  deps: { database: Database; boss: PgBoss; hints: Hints },
  wish: CertificateWish,
): Promise<string> {
  const id = await transaction(deps.database.prisma, (tx) => askForCertificate(deps.boss, tx, wish));
  deps.hints.publish("certificate");
  return id;
}

const lookEveryMs = 250;

/** Throws InvalidInput when the request was refused, Unavailable when nobody signed it in time. */
export async function waitForCertificate(
  database: Database,
  bus: HintBus,
  id: string,
  withinMs: number,
  signal?: AbortSignal,
): Promise<Issued> {
  const until = performance.now() + withinMs;
  while (performance.now() < until && !signal?.aborted) {
    const hint = nextHint(bus, "certificate", lookEveryMs, signal);
    const row = await database.prisma.certificate.findUnique({ where: { id } });
    const ca = row?.pem ? await readCa(database) : null;
    if (row?.pem && row.notAfter && ca) return { certificate: row.pem, ca, notAfter: row.notAfter };
    if (row?.fault) throw new CloudError("InvalidInput", row.fault, { reason: "certificateRefused" });
    await hint;
  }
  throw new CloudError("Unavailable", "Nobody signs certificates at the moment. Is the controller running?", {
    reason: "caMissing",
    retry: "later",
  });
}
