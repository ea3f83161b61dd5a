"use client";

import type { InstanceAction } from "@madang/core/instance/action";
import { useTranslations } from "next-intl";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import type { ActionTarget } from "./actions.tsx";

type PowerDialogProps = {
  asked: { action: InstanceAction; target: ActionTarget } | null;
  onClose: () => void;
  onConfirm: (action: InstanceAction, target: ActionTarget) => void;
};

const interrupting: readonly InstanceAction[] = ["stop", "reboot", "hardReboot"];

/** Asks before an instance is interrupted. */
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
