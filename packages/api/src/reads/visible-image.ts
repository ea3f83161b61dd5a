import { CloudError } from "@madang/core/errors";
import { type Sql, sql } from "../sql.ts";

/** Which images (alias i) a project sees: its own; of others once they have bytes: everybody's, and the shared that it took. */
export function visibleImage(projectId: string): Sql {
  return imageVisibleWithin(sql`= ${projectId}::uuid`);
}

/** The same of several projects; `within` follows a column: `= ANY(…)`. */
export function imageVisibleWithin(within: Sql): Sql {
  return sql`i.delete_requested_at IS NULL AND (i.project_id ${within} OR (i.status IN ('active', 'deactivated')
    AND (i.visibility IN ('public', 'community') OR (i.visibility = 'shared' AND EXISTS (SELECT 1 FROM image_member m
      WHERE m.image_id = i.id AND m.project_id ${within} AND m.state = 'accepted')))))`;
}

/** What others offer to a project and it has not turned down. */
export function offeredImage(projectId: string): Sql {
  return sql`i.delete_requested_at IS NULL AND i.visibility = 'shared' AND EXISTS (SELECT 1 FROM image_member m
    WHERE m.image_id = i.id AND m.project_id = ${projectId}::uuid AND m.state <> 'rejected')`;
}

/** The same of a row, for whoever read it with the members that accepted. */
export function isImageVisible(
  image: {
    projectId: string | null;
    visibility: string;
    deleted: boolean;
    members: readonly { projectId: string }[];
  },
  projectId: string,
): boolean {
  if (image.deleted) return false;
  if (image.projectId === projectId) return true;
  if (image.visibility === "public" || image.visibility === "community") return true;
  return image.visibility === "shared" && image.members.some((member) => member.projectId === projectId);
}

export function imageNotFound(field?: string): CloudError {
  return new CloudError("NotFound", "There is no such image.", {
    reason: "imageNotFound",
    ...(field === undefined ? {} : { field }),
  });
}
