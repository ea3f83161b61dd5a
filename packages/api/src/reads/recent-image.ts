import type { Database } from "@madang/db";
import { bind, literal, sql } from "../sql.ts";
import { type ImageItem, type ImageRow, imageColumns, imageItem } from "./image.ts";
import { visibleImage } from "./visible-image.ts";

export type RecentImage = ImageItem & { launchedAt: Date };

const mostRecent = 6;
/** Launches that are looked at, newest first. */
const mostLaunches = 100;
const lately = "90 days";

/**
 * What this person launched from in the project lately and can launch from still, newest first; also when the instance is
 * gone, for the trail keeps its launch.
 */
export async function listRecentImages(
  database: Database,
  projectId: string,
  userId: string,
): Promise<RecentImage[]> {
  const since = sql`now() - ${lately}::interval`;
  const { rows } = await database.pool.query<ImageRow & { launchedAt: Date }>(
    bind(sql`WITH launch AS (
        (SELECT n.image_id AS id, n.created_at AS at FROM instance n
          WHERE n.project_id = ${projectId}::uuid AND n.user_id = ${userId}::uuid AND n.image_id IS NOT NULL
            AND n.created_at > ${since} ORDER BY n.created_at DESC, n.id DESC LIMIT ${mostLaunches})
        UNION ALL
        (SELECT (e.params->>'imageId')::uuid, e.created_at FROM event e
          WHERE e.actor_id = ${userId}::uuid AND e.project_id = ${projectId}::uuid AND e.action = 'instance.create'
            AND e.params ? 'imageId' AND e.created_at > ${since}
          ORDER BY e.created_at DESC, e.id DESC LIMIT ${mostLaunches}))
      SELECT ${literal(imageColumns)}, l.at AS "launchedAt"
        FROM (SELECT id, max(at) AS at FROM launch GROUP BY id) AS l JOIN image i ON i.id = l.id
        WHERE (${visibleImage(projectId)}) AND i.status = 'active'
        ORDER BY l.at DESC, i.id LIMIT ${mostRecent}`),
  );
  return rows.map(({ launchedAt, ...row }) => ({ ...imageItem(row, projectId), launchedAt }));
}
