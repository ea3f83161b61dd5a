"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { toast } from "sonner";
import type { GroupDetail } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useFailureToast } from "../../lib/use-failure-toast.ts";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";

/** Says who loses what by it. */
export function DeleteGroupDialog({ group, onClose }: { group: GroupDetail; onClose: () => void }) {
  const t = useTranslations("admin.groups");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const router = useRouter();
  const fail = useFailureToast();
  const { id, name, members, projects } = group;
  const remove = useMutation(
    trpc.admin.group.delete.mutationOptions({
      onSuccess: () => {
        toast.success(t("deleted", { name }));
        router.replace("/admin/groups");
        void queries.invalidateQueries({ queryKey: trpc.admin.group.list.pathKey() });
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
      about={
        <>
          <p>{t("deleteAbout", { members, projects })}</p>
          <p className="mt-2">{t("deleteKeeps")}</p>
        </>
      }
      verb={t("delete")}
      onConfirm={() => remove.mutate({ id })}
    />
  );
}
