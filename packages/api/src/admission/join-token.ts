import { createHash, randomBytes, X509Certificate } from "node:crypto";
import { CloudError } from "@madang/core/errors";
import { type Database, goneAfterMs } from "@madang/db";

const lifeMs = 3_600_000;

export type JoinInvitation = { token: string; expiresAt: Date };

/** One use, within an hour; only its hash is kept. */
export async function createJoinToken(
  database: Database,
  createdById: string | null,
): Promise<JoinInvitation> {
  const token = `madang-${randomBytes(24).toString("base64url")}`;
  const expiresAt = new Date(database.now().getTime() + lifeMs);
  await database.prisma.joinToken.create({
    data: { id: crypto.randomUUID(), tokenHash: joinTokenHash(token), createdById, expiresAt },
  });
  return { token, expiresAt };
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
