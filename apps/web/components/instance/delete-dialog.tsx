"use client";

import { useTranslations } from "next-intl";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import type { ActionTarget } from "./actions.tsx";

type DeleteDialogProps = {
  /** By force: without waiting for a hypervisor that does not answer. */
  kind?: "delete" | "forceDelete";
  target: ActionTarget | null;
  onClose: () => void;
  onConfirm: (target: ActionTarget) => void;
};

/** Long names are confirmed by their beginning: nobody should have to type 255 letters. */
const typedLimit = 24;

/** Says what goes: the instance and its root disk. Its name must be typed, as the data can't be brought back. */
export function DeleteDialog({ kind = "delete", target, onClose, onConfirm }: DeleteDialogProps) {
  const t = useTranslations("confirm");
  if (!target) return null;
  const expected = [...target.name].slice(0, typedLimit).join("").trim();
  return (
    <ConfirmDialog
      open
      danger
      onClose={onClose}
      title={t(`${kind}.title`, { name: target.name })}
      about={t(`${kind}.about`)}
      verb={t(`${kind}.verb`)}
      typed={{ expected, label: t("delete.type", { name: expected }) }}
      onConfirm={() => onConfirm(target)}
    />
  );
}
