/** Ending one's sessions at other browsers. What they hold open ends within about a second. */
import { CloudError } from "@madang/core/errors";
import { type Tx, transaction } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { requireSession } from "../identity.ts";
import { recordEvent } from "./record.ts";

/** One that ended meanwhile is no error. Throws NotFound for somebody else's. */
export async function revokeSession(deps: AdmissionDeps, actor: Actor, id: string): Promise<void> {
  await transaction(deps.admission.prisma, async (tx) => {
    const own = await tx.session.findFirst({ where: { id, userId: actor.userId }, select: { id: true } });
    if (!own) throw new CloudError("NotFound", "There is no such session.", { reason: "sessionNotFound" });
    const ended = await tx.$queryRaw<{ id: string }[]>`
      UPDATE session SET revoked_at = statement_timestamp() WHERE id = ${id}::uuid AND revoked_at IS NULL
      RETURNING id`;
    if (ended.length > 0) await record(tx, actor, id, 1);
  });
  deps.hints.publish("event");
}

/** All but the one that asks; answers how many there were. */
export async function revokeOtherSessions(deps: AdmissionDeps, actor: Actor): Promise<{ ended: number }> {
  const sessionId = requireSession(actor);
  const ended = await transaction(deps.admission.prisma, async (tx) => {
    const others = await tx.$executeRaw`
      UPDATE session SET revoked_at = statement_timestamp()
      WHERE user_id = ${actor.userId}::uuid AND id <> ${sessionId}::uuid AND revoked_at IS NULL
        AND expires_at > statement_timestamp()`;
    if (others > 0) await record(tx, actor, sessionId, others);
    return others;
  });
  deps.hints.publish("event");
  return { ended };
}

/** `id`: the one session, or the one that is left. */
async function record(tx: Tx, actor: Actor, id: string, sessions: number): Promise<void> {
  const subject = { kind: "session", id, name: actor.name, projectId: null };
  await recordEvent(tx, { actor, subject, action: "session.revoke", params: { sessions } });
}
