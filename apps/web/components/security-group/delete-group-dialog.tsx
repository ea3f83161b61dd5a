"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { toast } from "sonner";
import type { SecurityGroupDetail } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useFailureToast } from "../../lib/use-failure-toast.ts";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";

type DeleteGroupDialogProps = { projectId: string; group: SecurityGroupDetail; onClose: () => void };

export function DeleteGroupDialog({ projectId, group, onClose }: DeleteGroupDialogProps) {
  const t = useTranslations("securityGroups");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const router = useRouter();
  const fail = useFailureToast();
  const { id, name, ruleCount } = group;
  const remove = useMutation(
    trpc.securityGroup.delete.mutationOptions({
      onSuccess: () => {
        toast.success(t("deleted", { name }));
        router.replace(`/p/${projectId}/security-groups`);
        void queries.invalidateQueries({ queryKey: trpc.securityGroup.list.pathKey() });
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
      about={t("deleteAbout", { count: ruleCount })}
      verb={t("delete")}
      onConfirm={() => remove.mutate({ projectId, id })}
    />
  );
}
