"use client";

import { attachmentLimit } from "@madang/core/volume/volume-input";
import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useTRPC } from "../../lib/trpc.ts";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { Notice } from "../ui/notice.tsx";
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
    >
      <VolumesToo target={target} />
    </ConfirmDialog>
  );
}

/** Which of its volumes go with it, and which stay. */
function VolumesToo({ target: { projectId, id } }: { target: ActionTarget }) {
  const t = useTranslations("confirm.volumes");
  const trpc = useTRPC();
  const asked = { projectId, filter: { instanceId: id }, limit: attachmentLimit };
  const volumes = useQuery(trpc.volume.list.queryOptions(asked)).data?.items ?? [];
  const going = volumes.filter(
    ({ attachment, deleteProtection, snapshotCount, copies }) =>
      attachment?.deleteWithInstance && !deleteProtection && snapshotCount === 0 && copies === 0,
  );
  const staying = volumes.filter((one) => !going.includes(one));
  const names = (all: typeof volumes) => all.map(({ name }) => name).join(", ");
  return (
    <>
      {going.length > 0 ? (
        <Notice tone="warning">{t("go", { count: going.length, names: names(going) })}</Notice>
      ) : null}
      {staying.length > 0 ? (
        <p className="mb-3 text-table text-muted">
          {t("stay", { count: staying.length, names: names(staying) })}
        </p>
      ) : null}
    </>
  );
}
