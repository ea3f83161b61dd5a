"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { toast } from "sonner";
import type { UserDetail } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useFailureToast } from "../../lib/use-failure-toast.ts";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";

/** Long names are confirmed by their beginning: nobody should have to type 255 letters. */
const typedLimit = 24;

/** Says what goes with the account, and what stays. */
export function DeleteUserDialog({ user, onClose }: { user: UserDetail; onClose: () => void }) {
  const t = useTranslations("admin.users");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const router = useRouter();
  const fail = useFailureToast();
  const { id, name } = user;
  const remove = useMutation(
    trpc.admin.user.delete.mutationOptions({
      onSuccess: () => {
        toast.success(t("deleted", { name }));
        router.replace("/admin/users");
        void queries.invalidateQueries({ queryKey: trpc.admin.user.list.pathKey() });
      },
      onError: fail,
      onSettled: onClose,
    }),
  );
  const expected = [...name].slice(0, typedLimit).join("").trim();
  const direct = user.projectRoles.filter(({ roles }) => roles.some(({ group }) => group === null)).length;
  const going = [
    { count: direct, key: "deleteRoles" },
    { count: user.groups.length, key: "deleteGroups" },
    { count: user.keyPairs, key: "deleteKeyPairs" },
    { count: user.credentials, key: "deleteCredentials" },
    { count: user.sessions, key: "deleteSessions" },
  ] as const;
  return (
    <ConfirmDialog
      open
      danger
      pending={remove.isPending}
      onClose={onClose}
      title={t("deleteTitle", { name })}
      about={
        <>
          <p>{t("deleteAbout")}</p>
          <ul className="my-2 list-disc pl-5 text-text">
            {going.map(({ key, count }) => (
              <li key={key} className={count === 0 ? "text-muted" : undefined}>
                {t(key, { count })}
              </li>
            ))}
          </ul>
          <p>{t("deleteInstances", { count: user.instances })}</p>
        </>
      }
      verb={t("delete")}
      typed={{ expected, label: t("deleteType", { name: expected }) }}
      onConfirm={() => remove.mutate({ id, name })}
    />
  );
}
