"use client";

import { isGranted, type Permission } from "@madang/core/identity/permission";
import { useTranslations } from "next-intl";
import { useMe } from "./use-me.ts";

/** Whether the signed-in person may; the server decides again. */
export function usePermission(permission: Permission, projectId: string | null): boolean {
  const { grants } = useMe();
  return isGranted(grants, permission, projectId);
}

/** Why the signed-in person may not; null when he may. */
export function useRefusal(permission: Permission, projectId: string | null): string | null {
  const t = useTranslations("reasons");
  return usePermission(permission, projectId) ? null : t("notPermitted");
}
