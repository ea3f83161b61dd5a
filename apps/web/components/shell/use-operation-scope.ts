"use client";

import { usePermission } from "../../lib/use-permission.ts";
import type { Scope } from "../operations/use-operations.ts";
import type { Area } from "./navigation.ts";

/** Whose long work this page tells of; undefined where nobody's is. */
export function useOperationScope(area: Area): Scope | undefined {
  const overseer = usePermission("operation:list_all", null);
  if (area.kind === "project") return area.projectId;
  return area.kind === "admin" && overseer ? null : undefined;
}
