import type { Tx } from "@madang/db";
import type { Doer } from "../context.ts";
import { recordEvents } from "./record.ts";

type Ended = { id: string; name: string; projectId: string; owner: string };

/**
 * Call it after roles were taken away: what these people made for a project in which they have no role left goes, so that
 * an old secret does not come back to life when its owner does.
 */
export async function endCredentials(tx: Tx, actor: Doer, userIds: readonly string[]): Promise<void> {
  const ended = await tx.$queryRaw<Ended[]>`
    DELETE FROM application_credential c USING "user" u
    WHERE u.id = c.user_id AND u.id = ANY(${[...userIds]}::uuid[])
      AND NOT EXISTS (SELECT 1 FROM system_role_assignment a WHERE a.user_id = u.id AND a.role = 'admin')
      AND NOT EXISTS (SELECT 1 FROM role_assignment a WHERE a.user_id = u.id AND a.project_id = c.project_id)
      AND NOT EXISTS (SELECT 1 FROM group_member m JOIN group_role_assignment a ON a.group_id = m.group_id
        WHERE m.user_id = u.id AND a.project_id = c.project_id)
    RETURNING c.id, c.name, c.project_id AS "projectId", u.name AS owner`;
  const entries = ended.map(({ id, name, projectId, owner }) => ({
    actor,
    subject: { kind: "application_credential", id, name, projectId },
    action: "application_credential.delete",
    params: { owner },
  }));
  if (entries.length > 0) await recordEvents(tx, entries);
}
