import { createHash, randomBytes, X509Certificate } from "node:crypto";
import { CloudError } from "@madang/core/errors";
import { type Database, goneAfterMs, type Tx, transaction } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { recordEvent } from "./record.ts";

const lifeMs = 3_600_000;

export type JoinInvitation = { token: string; expiresAt: Date };

/** One use, within an hour; only its hash is kept. */
export async function createJoinToken(
  database: Database,
  createdById: string | null,
): Promise<JoinInvitation> {
  const { token, expiresAt } = await insertToken(database.prisma, database.now(), createdById);
  return { token, expiresAt };
}

/** The same by an administrator, on the record: whoever has the token can make a machine a hypervisor. */
export async function inviteHypervisor(deps: AdmissionDeps, actor: Actor): Promise<JoinInvitation> {
  const now = deps.admission.now();
  const invitation = await transaction(deps.admission.prisma, async (tx) => {
    const { id, token, expiresAt } = await insertToken(tx, now, actor.userId);
    const subject = { kind: "join_token", id, name: "", projectId: null };
    const params = { expiresAt: expiresAt.toISOString() };
    await recordEvent(tx, { actor, subject, action: "hypervisor.invite", params });
    return { token, expiresAt };
  });
  deps.hints.publish("event");
  return invitation;
}

async function insertToken(
  tx: Pick<Tx, "joinToken">,
  now: Date,
  createdById: string | null,
): Promise<JoinInvitation & { id: string }> {
  const id = crypto.randomUUID();
  const token = `madang-${randomBytes(24).toString("base64url")}`;
  const expiresAt = new Date(now.getTime() + lifeMs);
  await tx.joinToken.create({ data: { id, tokenHash: joinTokenHash(token), createdById, expiresAt } });
  return { id, token, expiresAt };
}

export function joinTokenHash(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** SHA-256 of the CA certificate's DER, lower-case hex: what a joining agent trusts. Throws Unavailable before there is one. */
export async function caFingerprint(database: Database): Promise<string> {
  const ca = await readCa(database);
  if (!ca) {
    throw new CloudError(
      "Unavailable",
      "The certificate authority is not there yet. Is the controller running?",
      {
        reason: "caMissing",
        retry: "later",
      },
    );
  }
  return new X509Certificate(ca).fingerprint256.replaceAll(":", "").toLowerCase();
}

/** PEM, or null as long as the controller has not made it. */
export async function readCa(database: Database): Promise<string | null> {
  const row = await database.prisma.certificate.findFirst({
    where: { kind: "ca", pem: { not: null }, revokedAt: null },
    orderBy: { requestedAt: "desc" },
    select: { pem: true },
  });
  return row?.pem ?? null;
}

/** Where agents can come: this process first, then every other web process that shows signs of life. */
export async function agentUrls(database: Database, own: string): Promise<string[]> {
  const { rows } = await database.pool.query<{ url: string }>(
    `SELECT DISTINCT detail->>'agentUrl' AS url FROM process WHERE kind = 'web'
     AND detail ? 'agentUrl' AND last_seen_at > now() - make_interval(secs => $1) ORDER BY 1`,
    [goneAfterMs / 1_000],
  );
  return [...new Set([own, ...rows.map(({ url }) => url)])];
}
