"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { toast } from "sonner";
import type { ProjectRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useFailureToast } from "../../lib/use-failure-toast.ts";
import { usePermission } from "../../lib/use-permission.ts";

type Named = Pick<ProjectRow, "id" | "name">;

/** Enabling takes nothing from anybody, so nobody is asked again. */
export function useEnableProject() {
  const t = useTranslations("admin.projects");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const fail = useFailureToast();
  const change = useMutation(
    trpc.admin.project.setEnabled.mutationOptions({
      onSuccess: () => queries.invalidateQueries(),
      onError: fail,
    }),
  );
  const setEnabled = ({ id, name }: Named, enabled: boolean, onSettled?: () => void) =>
    change.mutate(
      { id, enabled },
      {
        onSuccess: () => toast.success(t(enabled ? "enabledToast" : "disabledToast", { name })),
        ...(onSettled ? { onSettled } : {}),
      },
    );
  return { setEnabled, pending: change.isPending };
}

/** Why a project can't be changed now; null when it can. */
export function useProjectBlocked(project: Pick<ProjectRow, "state">): {
  change: string | null;
  remove: string | null;
} {
  const t = useTranslations("admin.projects");
  const tReasons = useTranslations("reasons");
  const mayChange = usePermission("project:manage", null);
  const mayDelete = usePermission("project:delete", null);
  const ending = project.state === "deleting" ? t("ending") : null;
  const change = mayChange ? null : tReasons("notPermitted");
  return { change, remove: ending ?? (mayDelete ? null : tReasons("notPermitted")) };
}
