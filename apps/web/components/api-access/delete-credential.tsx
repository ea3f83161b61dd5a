"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import type { CredentialRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useFailureToast } from "../../lib/use-failure-toast.ts";
import { useMe } from "../../lib/use-me.ts";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";

type DeleteCredentialProps = { projectId: string; credential: CredentialRow | null; onClose: () => void };

export function DeleteCredential({ projectId, credential, onClose }: DeleteCredentialProps) {
  const t = useTranslations("apiAccess");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const me = useMe();
  const fail = useFailureToast();
  const remove = useMutation(
    trpc.credential.delete.mutationOptions({
      onSuccess: () => queries.invalidateQueries({ queryKey: trpc.credential.list.pathKey() }),
      onError: fail,
      onSettled: onClose,
    }),
  );
  if (!credential) return null;
  const { id, name, owner } = credential;
  return (
    <ConfirmDialog
      open
      danger
      pending={remove.isPending}
      onClose={onClose}
      title={t("deleteTitle", { name })}
      about={owner.id === me.user.id ? t("deleteAbout") : t("deleteAboutOther", { owner: owner.name })}
      verb={t("delete")}
      onConfirm={() => remove.mutate({ projectId, id })}
    />
  );
}
