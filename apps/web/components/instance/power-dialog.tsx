"use client";

import { useTranslations } from "next-intl";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import type { ActionTarget, AnyAction } from "./actions.tsx";

type PowerDialogProps = {
  asked: { action: AnyAction; target: ActionTarget } | null;
  onClose: () => void;
  onConfirm: (action: AnyAction, target: ActionTarget) => void;
};

const interrupting: readonly AnyAction[] = ["stop", "reboot", "hardReboot", "reset"];

/** Asks before an instance is interrupted, or its fault forgotten. */
export function PowerDialog({ asked, onClose, onConfirm }: PowerDialogProps) {
  const t = useTranslations("confirm");
  const tActions = useTranslations("actions");
  if (!asked || !interrupting.includes(asked.action)) return null;
  const { action, target } = asked;
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={t(`${action}.title`, { name: target.name })}
      about={t(`${action}.about`)}
      verb={tActions(action)}
      danger={action === "hardReboot"}
      onConfirm={() => onConfirm(action, target)}
    />
  );
}
