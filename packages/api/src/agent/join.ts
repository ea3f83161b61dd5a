/** A new hypervisor: a one-time token buys a row and a certificate. */
import { CloudError } from "@madang/core/errors";
import type { JoinAnswer, joinInput } from "@madang/core/wire/agent";
import { appendEvent, type JoinToken, type Tx, transaction } from "@madang/db";
import type { z } from "zod";
import { joinTokenHash } from "../admission/join-token.ts";
import { askForCertificate, waitForCertificate } from "./certificate.ts";
import type { AgentDeps } from "./deps.ts";

type JoinInput = z.infer<typeof joinInput>;

/** An agent gives up waiting a little later. */
const signWithinMs = 30_000;

/** Throws Forbidden for any token that can't be used, Conflict for a name that is taken, Unavailable, InvalidInput. */
export async function joinHypervisor(
  deps: AgentDeps,
  input: JoinInput,
  address: string,
): Promise<JoinAnswer> {
  await deps.limits.take("join", address);
  const admitted = await transaction(deps.agents.prisma, (tx) => admit(deps, tx, input, address));
  // Only guessing is bounded: a rack behind one address may join at once.
  await deps.limits.giveBack("join", address);
  deps.hints.publish("certificate", "event");
  const { certificate, ca } = await waitForCertificate(
    deps.agents,
    deps.bus,
    admitted.requestId,
    signWithinMs,
  );
  return { hypervisorId: admitted.hypervisorId, certificate, ca };
}

type Admitted = { hypervisorId: string; requestId: string };

async function admit(deps: AgentDeps, tx: Tx, input: JoinInput, address: string): Promise<Admitted> {
  const token = await lockedToken(tx, input.token);
  const again = await sameRequest(deps, tx, token, input.csr);
  if (again) return again;
  if (token.usedAt || token.expiresAt <= deps.agents.now()) throw refused();
  const hypervisorId = crypto.randomUUID();
  await requireFreeName(tx, input.name);
  await tx.hypervisor.create({ data: { id: hypervisorId, name: input.name, driver: input.driver } });
  await tx.joinToken.update({ where: { id: token.id }, data: { usedAt: deps.agents.now(), hypervisorId } });
  await appendEvent(tx, {
    actorKind: "hypervisor",
    actorId: hypervisorId,
    actorName: input.name,
    resourceKind: "hypervisor",
    resourceId: hypervisorId,
    resourceName: input.name,
    action: "hypervisor.joined",
    result: "succeeded",
    address,
  });
  const wish = { kind: "hypervisor", subjectId: hypervisorId, names: [], csr: input.csr } as const;
  return { hypervisorId, requestId: await askForCertificate(deps.boss, tx, wish) };
}

async function lockedToken(tx: Tx, token: string): Promise<JoinToken> {
  const tokenHash = joinTokenHash(token);
  await tx.$queryRaw`SELECT 1 FROM join_token WHERE token_hash = ${tokenHash} FOR UPDATE`;
  const row = await tx.joinToken.findUnique({ where: { tokenHash } });
  if (!row) throw refused();
  return row;
}

/** The same agent asking once more because it missed the answer: its key is the proof that it is the same. */
async function sameRequest(deps: AgentDeps, tx: Tx, token: JoinToken, csr: string): Promise<Admitted | null> {
  if (!token.usedAt || !token.hypervisorId || token.expiresAt <= deps.agents.now()) return null;
  const subjectId = token.hypervisorId;
  const request = await tx.certificate.findFirst({
    where: { kind: "hypervisor", subjectId, csr, revokedAt: null },
  });
  return request && { hypervisorId: subjectId, requestId: request.id };
}

/** A revoked hypervisor gives its name up, so that a machine may join anew. */
async function requireFreeName(tx: Tx, name: string): Promise<void> {
  const taken = await tx.hypervisor.findUnique({ where: { name }, select: { id: true, revokedAt: true } });
  if (!taken) return;
  if (!taken.revokedAt) {
    throw new CloudError("Conflict", "There is already a hypervisor of this name.", {
      reason: "nameTaken",
      field: "name",
    });
  }
  await tx.hypervisor.update({ where: { id: taken.id }, data: { name: `${name}~${taken.id.slice(0, 8)}` } });
}

function refused(): CloudError {
  return new CloudError("Forbidden", "This join token can't be used. Ask an administrator for a new one.", {
    reason: "joinTokenRefused",
  });
}
