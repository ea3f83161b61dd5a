/** What a person changes of himself. His name is his administrator's to change: others know him by it. */
import { transaction } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { changesOf, recordEvent } from "./record.ts";

export type AccountChange = { email: string | null };

export async function updateAccount(deps: AdmissionDeps, actor: Actor, change: AccountChange): Promise<void> {
  await transaction(deps.admission.prisma, async (tx) => {
    const [before] = await tx.$queryRaw<AccountChange[]>`
      SELECT email FROM "user" WHERE id = ${actor.userId}::uuid FOR UPDATE`;
    const changes = changesOf(before ?? { email: null }, change, ["email"]);
    if (Object.keys(changes).length === 0) return;
    await tx.user.update({ where: { id: actor.userId }, data: change });
    const subject = { kind: "user", id: actor.userId, name: actor.name, projectId: null };
    await recordEvent(tx, { actor, subject, action: "user.update-self", changes });
  });
  deps.hints.publish("event");
}
