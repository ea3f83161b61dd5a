import { CloudError } from "@madang/core/errors";
import { type Sql, sql } from "../sql.ts";

/** Which networks (alias n) a project sees: its own, and those of the cloud that it may use. */
export function visibleTo(projectId: string): Sql {
  return visibleWithin(sql`= ${projectId}::uuid`);
}

/** The same of several projects; `within` follows a column: `= ANY(…)`. */
export function visibleWithin(within: Sql): Sql {
  return sql`n.project_id ${within} OR n.shared OR n.external`;
}

export function networkNotFound(field?: string): CloudError {
  return new CloudError("NotFound", "There is no such network in this project.", {
    reason: "networkNotFound",
    ...(field === undefined ? {} : { field }),
  });
}
