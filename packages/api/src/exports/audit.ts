import { allPages } from "../list.ts";
import { type AuditItem, auditFilter, auditQuery } from "../reads/audit.ts";
import { type ExportRow, exportOf, exportPage } from "./export.ts";

const columns = [
  "time",
  "actor_kind",
  "actor",
  "actor_id",
  "action",
  "resource_kind",
  "resource",
  "resource_id",
  "project",
  "project_id",
  "address",
  "result",
  "request_id",
  "params",
  "changes",
] as const;

/** Newest first, as the list shows it. */
export const auditExport = exportOf({
  permission: "audit:list",
  path: "admin.audit.list",
  input: auditFilter,
  columns,
  pages: async function* (database, filter) {
    for await (const items of allPages(database, auditQuery(filter), { limit: exportPage }))
      yield items.map(rowOf);
  },
});

function rowOf(item: AuditItem): ExportRow & Record<(typeof columns)[number], unknown> {
  return {
    time: item.createdAt.toISOString(),
    actor_kind: item.actorKind,
    actor: item.actorName,
    actor_id: item.actorId,
    action: item.action,
    resource_kind: item.resourceKind,
    resource: item.resourceName,
    resource_id: item.resourceId,
    project: item.projectName,
    project_id: item.projectId,
    address: item.address,
    result: item.result,
    request_id: item.requestId,
    params: JSON.stringify(item.params),
    changes: JSON.stringify(item.changes),
  };
}
