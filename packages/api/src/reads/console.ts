/** Who has a console of an instance open now. */
import type { Database } from "@madang/db";
import type { InstanceRef } from "../admission/change-instance.ts";

export type OpenConsole = {
  id: string;
  kind: "vnc" | "serial";
  userId: string;
  userName: string;
  inControl: boolean;
  viewOnly: boolean;
  /** Of the session that asks. */
  own: boolean;
  openedAt: Date;
};

/** The oldest first; as many as may be open at once. */
export async function readConsoles(
  database: Database,
  { projectId, id }: InstanceRef,
  sessionId: string | null,
): Promise<OpenConsole[]> {
  const { rows } = await database.pool.query<OpenConsole>(
    `SELECT c.id, c.kind, u.id AS "userId", u.name AS "userName", c.in_control AS "inControl",
       c.view_only AS "viewOnly", coalesce(c.session_id = $3, false) AS own, c.redeemed_at AS "openedAt"
     FROM console_session c JOIN session s ON s.id = c.session_id JOIN "user" u ON u.id = s.user_id
     WHERE c.project_id = $1 AND c.instance_id = $2 AND c.kind IN ('vnc', 'serial') AND c.closed_at IS NULL
       AND c.redeemed_at IS NOT NULL ORDER BY c.redeemed_at, c.id`,
    [projectId, id, sessionId],
  );
  return rows;
}
