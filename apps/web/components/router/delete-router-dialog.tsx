"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { toast } from "sonner";
import type { RouterDetail } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useFailureToast } from "../../lib/use-failure-toast.ts";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";

export function DeleteRouterDialog({ router, onClose }: { router: RouterDetail; onClose: () => void }) {
  const t = useTranslations("routers");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const navigation = useRouter();
  const fail = useFailureToast();
  const { projectId, id, name, gatewayAddress } = router;
  const remove = useMutation(
    trpc.router.delete.mutationOptions({
      onSuccess: () => {
        toast.success(t("deleted", { name }));
        navigation.replace(`/p/${projectId}/routers`);
        for (const queryKey of [trpc.router.list.pathKey(), trpc.project.quota.pathKey()])
          void queries.invalidateQueries({ queryKey });
      },
      onError: fail,
      onSettled: onClose,
    }),
  );
  return (
    <ConfirmDialog
      open
      danger
      pending={remove.isPending}
      onClose={onClose}
      title={t("deleteTitle", { name })}
      about={t("deleteAbout", { gateway: gatewayAddress ?? "none" })}
      verb={t("delete")}
      onConfirm={() => remove.mutate({ projectId, id })}
    />
  );
}
