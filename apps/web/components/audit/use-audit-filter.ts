"use client";

import { usePathname, useSearchParams } from "next/navigation";

/** As in the address; what the API calls `text` is `q` there, as on every list. */
export const auditFields = [
  "text",
  "action",
  "resourceKind",
  "result",
  "address",
  "requestId",
  "from",
  "to",
  "actorId",
  "resourceId",
  "projectId",
] as const;
export type AuditField = (typeof auditFields)[number];
export type AuditFilter = Partial<Record<AuditField, string>>;

const nameOf = (field: AuditField) => (field === "text" ? "q" : field);

/** The filter stands in the address alone, so what one looks at can be sent to somebody. */
export function useAuditFilter() {
  const params = useSearchParams();
  const path = usePathname();
  const filter: AuditFilter = {};
  for (const field of auditFields) {
    const value = params.get(nameOf(field));
    if (value) filter[field] = value;
  }
  const set = (changes: { [F in AuditField]?: string | null }) => {
    const next = new URLSearchParams(location.search);
    for (const field of auditFields) {
      const value = changes[field];
      if (value === undefined) continue;
      if (value) next.set(nameOf(field), value);
      else next.delete(nameOf(field));
    }
    const query = next.toString();
    window.history.replaceState(null, "", query ? `${path}?${query}` : path);
  };
  const clear = () => set(Object.fromEntries(auditFields.map((field) => [field, null])));
  return { filter, set, clear, isFiltered: Object.keys(filter).length > 0 };
}
