"use client";

import { attachmentLimit } from "@madang/core/volume/volume-input";
import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import type { VolumeRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { Notice } from "../ui/notice.tsx";
import type { ActionTarget } from "./actions.tsx";
import { endOf } from "./volume-end.ts";

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
  const volumes = useVolumesOf(target);
  if (!target) return null;
  const boots = volumes.some(({ attachment }) => attachment?.boot);
  const expected = [...target.name].slice(0, typedLimit).join("").trim();
  return (
    <ConfirmDialog
      open
      danger
      onClose={onClose}
      title={t(`${kind}.title`, { name: target.name })}
      about={t(boots && kind === "delete" ? "delete.aboutVolume" : `${kind}.about`)}
      verb={t(`${kind}.verb`)}
      typed={{ expected, label: t("delete.type", { name: expected }) }}
      onConfirm={() => onConfirm(target)}
    >
      <VolumesToo volumes={volumes} />
    </ConfirmDialog>
  );
}

/** Which of its volumes go with it, and which stay and why. */
function VolumesToo({ volumes }: { volumes: readonly VolumeRow[] }) {
  const t = useTranslations("confirm.volumes");
  const going = volumes.filter((volume) => endOf(volume) === "goes");
  const staying = volumes.filter((volume) => endOf(volume) !== "goes");
  const named = (volume: VolumeRow) =>
    endOf(volume) === "kept" ? `${volume.name} (${t("protected")})` : volume.name;
  const names = (all: readonly VolumeRow[]) => all.map(named).join(", ");
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

function useVolumesOf(target: ActionTarget | null): readonly VolumeRow[] {
  const trpc = useTRPC();
  const { projectId, id } = target ?? { projectId: "", id: "" };
  const asked = { projectId, filter: { instanceId: id }, limit: attachmentLimit };
  const query = useQuery({ ...trpc.volume.list.queryOptions(asked), enabled: target !== null });
  return query.data?.items ?? [];
}
