"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import type { MemberRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useFailureToast } from "../../lib/use-failure-toast.ts";
import { useMe } from "../../lib/use-me.ts";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";

type RemoveMemberDialogProps = {
  projectId: string;
  projectName: string;
  member: MemberRow;
  onClose: () => void;
};

/** Says what it means; whoever leaves himself is led away. */
export function RemoveMemberDialog({ projectId, projectName, member, onClose }: RemoveMemberDialogProps) {
  const t = useTranslations("members");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const router = useRouter();
  const me = useMe();
  const fail = useFailureToast();
  const { kind, id, name, via } = member;
  const own = id === me.user.id;
  const remove = useMutation(
    trpc.member.remove.mutationOptions({
      onSuccess: async () => {
        if (own && !me.isAdmin && via.length === 0) router.replace("/");
        await queries.invalidateQueries({ queryKey: trpc.account.me.queryKey() });
      },
      onError: fail,
      onSettled: () => {
        void queries.invalidateQueries({ queryKey: trpc.member.pathKey() });
        onClose();
      },
    }),
  );
  return (
    <ConfirmDialog
      open
      danger
      pending={remove.isPending}
      onClose={onClose}
      title={t(own ? "leaveTitle" : "removeTitle", { name, project: projectName })}
      about={
        <>
          {own ? <p className="mb-2 text-text">{t("leaveAbout")}</p> : null}
          <p>{kind === "group" ? t("removeGroupAbout", { count: member.members ?? 0 }) : t("removeAbout")}</p>
          {via.length > 0 ? (
            <p className="mt-2 text-text">
              {t("staysBy", { groups: via.map((group) => group.name).join(", ") })}
            </p>
          ) : null}
        </>
      }
      verb={t(own ? "leave" : "remove")}
      onConfirm={() => remove.mutate({ projectId, kind, id })}
    />
  );
}
