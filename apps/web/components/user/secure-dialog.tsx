"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import type { UserDetail } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useFailureToast } from "../../lib/use-failure-toast.ts";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import type { PasswordLink } from "./link-dialog.tsx";

export type SecureKind = "resetLink" | "clearTotp" | "revokeSessions" | "enable" | "disable";
type SecureDialogProps = {
  kind: SecureKind;
  user: UserDetail;
  onClose: () => void;
  onLink: (link: PasswordLink) => void;
};

const words = {
  resetLink: { title: "resetTitle", about: "resetAbout", verb: "resetVerb", danger: true },
  clearTotp: { title: "clearTotpTitle", about: "clearTotpAbout", verb: "clearTotp", danger: true },
  revokeSessions: { title: "revokeTitle", about: "revokeAbout", verb: "revoke", danger: true },
  enable: { title: "enableTitle", about: "enableAbout", verb: "enable", danger: false },
  disable: { title: "disableTitle", about: "disableAbout", verb: "disable", danger: true },
} as const;

/** Says what it means before it happens. */
export function SecureDialog({ kind, user, onClose, onLink }: SecureDialogProps) {
  const t = useTranslations("admin.users");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const fail = useFailureToast();
  const done = {
    onError: fail,
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: trpc.admin.user.pathKey() });
      onClose();
    },
  };
  const reset = useMutation(trpc.admin.user.resetLink.mutationOptions({ ...done, onSuccess: onLink }));
  const clear = useMutation(trpc.admin.user.clearTotp.mutationOptions(done));
  const revoke = useMutation(trpc.admin.user.revokeSessions.mutationOptions(done));
  const enable = useMutation(trpc.admin.user.setEnabled.mutationOptions(done));
  const { id, name, sessions } = user;
  const acts: Record<SecureKind, () => void> = {
    resetLink: () => reset.mutate({ id }),
    clearTotp: () => clear.mutate({ id }),
    revokeSessions: () => revoke.mutate({ id }),
    enable: () => enable.mutate({ id, enabled: true }),
    disable: () => enable.mutate({ id, enabled: false }),
  };
  const { title, about, verb, danger } = words[kind];
  return (
    <ConfirmDialog
      open
      danger={danger}
      pending={[reset, clear, revoke, enable].some((one) => one.isPending)}
      onClose={onClose}
      title={t(title, { name })}
      about={t(about, { count: sessions, name })}
      verb={t(verb)}
      onConfirm={acts[kind]}
    />
  );
}
