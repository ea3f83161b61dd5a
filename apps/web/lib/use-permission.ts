"use client";

import { isGranted, type Permission } from "@madang/core/identity/permission";
import { useMe } from "./use-me.ts";

/** Whether the signed-in person may; the server decides again. */
export function usePermission(permission: Permission, projectId: string | null): boolean {
  const { grants } = useMe();
  return isGranted(grants, permission, projectId);
}
