"use client";

import { attachmentLimit } from "@madang/core/volume/volume-input";
import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import type { VolumeRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useMe } from "../../lib/use-me.ts";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { Notice } from "../ui/notice.tsx";
import { Toggle } from "../ui/toggle.tsx";
import type { ActionTarget } from "./actions.tsx";
import { endOf } from "./volume-end.ts";

type DeleteDialogProps = {
  /** By force: without waiting for a hypervisor that does not answer. */
  kind?: "delete" | "forceDelete";
  target: ActionTarget | null;
  onClose: () => void;
  /** `soft`: it can be restored for a while. */
  onConfirm: (target: ActionTarget, soft: boolean) => void;
};

/** Says what goes, and what can be had back. */
export function DeleteDialog(props: DeleteDialogProps) {
  const { reclaimMs } = useMe();
  const { kind = "delete", target } = props;
  if (!target) return null;
  const canBeSoft =
    kind === "delete" && reclaimMs > 0 && target.launchedAt !== null && target.status !== "SOFT_DELETED";
  return <OpenDialog key={target.id} {...props} kind={kind} target={target} canBeSoft={canBeSoft} />;
}

type OpenProps = DeleteDialogProps & {
  kind: "delete" | "forceDelete";
  target: ActionTarget;
  canBeSoft: boolean;
};

/** Long names are confirmed by their beginning: nobody should have to type 255 letters. */
const typedLimit = 24;

/** The name must be typed only where data dies. */
function OpenDialog({ kind, target, canBeSoft, onClose, onConfirm }: OpenProps) {
  const t = useTranslations("confirm");
  const { reclaimMs } = useMe();
  const [atOnce, setAtOnce] = useState(false);
  const volumes = useVolumesOf(target);
  const boots = volumes.some(({ attachment }) => attachment?.boot);
  const soft = canBeSoft && !atOnce;
  const expected = [...target.name].slice(0, typedLimit).join("").trim();
  const aboutHard = t(boots && kind === "delete" ? "delete.aboutVolume" : `${kind}.about`);
  return (
    <ConfirmDialog
      open
      danger
      onClose={onClose}
      title={t(`${kind}.title`, { name: target.name })}
      about={soft ? t("delete.aboutSoft", { minutes: reclaimMs / 60_000 }) : aboutHard}
      verb={t(soft ? "delete.verb" : `${kind}.verbHard`)}
      typed={soft ? null : { expected, label: t("delete.type", { name: expected }) }}
      onConfirm={() => onConfirm(target, soft)}
    >
      <VolumesToo volumes={volumes} />
      <AddressesStay target={target} />
      {canBeSoft ? (
        <div className="mb-3">
          <Toggle
            checked={atOnce}
            onChange={setAtOnce}
            label={t("delete.atOnce")}
            help={t("delete.atOnceAbout")}
          />
        </div>
      ) : null}
    </ConfirmDialog>
  );
}

/** Floating IPs are the project's, and lead nowhere once their instance is gone. */
function AddressesStay({ target: { projectId, id: instanceId } }: { target: ActionTarget }) {
  const t = useTranslations("confirm");
  const trpc = useTRPC();
  const asked = { projectId, filter: { instanceId }, limit: 10 };
  const { data } = useQuery(trpc.floatingIp.list.queryOptions(asked));
  if (!data || data.items.length === 0) return null;
  const addresses = data.items.map(({ address }) => address).join(", ");
  return (
    <p className="mb-3 text-table text-muted">
      {t("addressesStay", { count: data.items.length, addresses })}
    </p>
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

function useVolumesOf({ projectId, id }: ActionTarget): readonly VolumeRow[] {
  const trpc = useTRPC();
  const asked = { projectId, filter: { instanceId: id }, limit: attachmentLimit };
  const query = useQuery(trpc.volume.list.queryOptions(asked));
  return query.data?.items ?? [];
}
