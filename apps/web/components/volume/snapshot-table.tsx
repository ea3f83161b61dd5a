"use client";

import { snapshotActionBlocked } from "@madang/core/volume/action";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Copy, Disc3, Ellipsis, History, Rocket, Trash2 } from "lucide-react";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { diskText } from "../../lib/amount.ts";
import type { SnapshotRow, VolumeRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useRefusal } from "../../lib/use-permission.ts";
import { MakeImageDialog } from "../image/make-image-dialog.tsx";
import { launchFrom, useLaunchBlocked } from "../launch/launch-link.ts";
import { ExactTime } from "../timeline/moment.tsx";
import { IconButton } from "../ui/button.tsx";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import type { Column } from "../ui/data-table.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Menu, MenuItem } from "../ui/menu.tsx";
import { RowLink } from "../ui/row-link.tsx";
import { CreateDialog } from "./create-dialog.tsx";
import { VolumeStatusMark } from "./status-mark.tsx";
import { useVolumeBlocked, useVolumeChange } from "./use-volumes.ts";

/** `volume`: all are of this one, which the page says; null: of any. */
export function useSnapshotColumns(projectId: string, volume: VolumeRow | null): Column<SnapshotRow>[] {
  const t = useTranslations("volumes");
  const origin: Column<SnapshotRow> = {
    key: "volume",
    title: t("columns.volume"),
    className: "hidden @md:table-cell",
    cell: (row) => (
      <RowLink
        href={`/p/${projectId}/volumes/${row.volumeId}`}
        className="line-clamp-2 break-words hover:text-accent hover:underline"
      >
        {row.volumeName}
      </RowLink>
    ),
  };
  return [
    {
      key: "name",
      title: t("columns.snapshot"),
      sort: "name",
      className: "w-full max-w-0 @xl:w-[30%]",
      cell: (row) => (
        <span className="flex min-w-0 flex-col">
          <span className="line-clamp-2 font-medium break-words">{row.name}</span>
          {row.groupId ? <span className="text-label text-muted">{t("snapshot.together")}</span> : null}
          {row.quiesced ? <span className="text-label text-muted">{t("snapshot.quiesced")}</span> : null}
        </span>
      ),
    },
    ...(volume ? [] : [origin]),
    {
      key: "status",
      title: t("columns.status"),
      cell: (row) => <VolumeStatusMark snapshot status={row.status} />,
    },
    {
      key: "size",
      title: t("columns.size"),
      sort: "sizeGib",
      className: "hidden text-right tabular-nums whitespace-nowrap @xl:table-cell",
      cell: (row) => diskText(row.sizeGib),
    },
    {
      key: "created",
      title: t("columns.created"),
      sort: "createdAt",
      className: "hidden whitespace-nowrap @2xl:table-cell",
      cell: (row) => <ExactTime date={row.createdAt} />,
    },
    {
      key: "actions",
      title: <span className="sr-only">{t("columns.actions")}</span>,
      className: "w-px text-right",
      cell: (row) => <SnapshotMenu projectId={projectId} snapshot={row} volume={volume} />,
    },
  ];
}

type SnapshotMenuProps = { projectId: string; snapshot: SnapshotRow; volume: VolumeRow | null };
type Asked = "copy" | "image" | "revert" | "delete";

function SnapshotMenu({ projectId, snapshot, volume: known }: SnapshotMenuProps) {
  const t = useTranslations("volumes");
  const tCommon = useTranslations("common");
  const [opened, setOpened] = useState(false);
  const volume = useOrigin(projectId, snapshot, known, opened);
  const tReasons = useTranslations("reasons");
  const router = useRouter();
  const launchBlocked = useLaunchBlocked(projectId).snapshot(snapshot);
  const [asked, setAsked] = useState<Asked | null>(null);
  const noCopy = useRefusal("volume:create", projectId);
  const noImage = useRefusal("image:create", projectId);
  const noDelete = useRefusal("volume_snapshot:delete", projectId);
  const volumeBlocked = useVolumeBlocked(projectId);
  const reason = (action: "copy" | "image" | "restore" | "delete") => {
    const found = snapshotActionBlocked(action, snapshot);
    return found ? tReasons(found) : null;
  };
  const close = () => setAsked(null);
  const { id, name, sizeGib: gib, volumeTypeId: typeId } = snapshot;
  return (
    <>
      <Menu
        onOpenChange={(open) => open && setOpened(true)}
        trigger={
          <IconButton size="iconSmall" label={t("menu", { name })}>
            <Ellipsis aria-hidden />
          </IconButton>
        }
      >
        <MenuItem
          icon={<Rocket aria-hidden />}
          blocked={launchBlocked}
          onSelect={() => router.push(launchFrom(projectId, { snapshot }))}
        >
          {t("launch")}
        </MenuItem>
        <MenuItem
          icon={<Copy aria-hidden />}
          blocked={noCopy ?? reason("copy")}
          onSelect={() => setAsked("copy")}
        >
          {t("snapshot.copy")}
        </MenuItem>
        <MenuItem
          icon={<Disc3 aria-hidden />}
          blocked={noImage ?? reason("image")}
          onSelect={() => setAsked("image")}
        >
          {t("actions.image")}
        </MenuItem>
        <MenuItem
          icon={<History aria-hidden />}
          blocked={volume ? (volumeBlocked("revert", volume) ?? reason("restore")) : tCommon("loading")}
          onSelect={() => setAsked("revert")}
        >
          {t("snapshot.revert")}
        </MenuItem>
        <MenuItem
          danger
          icon={<Trash2 aria-hidden />}
          blocked={noDelete ?? reason("delete")}
          onSelect={() => setAsked("delete")}
        >
          {t("snapshot.delete")}
        </MenuItem>
      </Menu>
      {asked === "copy" ? (
        <CreateDialog
          projectId={projectId}
          of={{ kind: "snapshot", id, name, gib, typeId }}
          onClose={close}
        />
      ) : null}
      {asked === "image" ? (
        <MakeImageDialog projectId={projectId} of={{ kind: "snapshot", id, name, gib }} onClose={close} />
      ) : null}
      {asked === "revert" && volume ? (
        <RevertDialog projectId={projectId} snapshot={snapshot} volume={volume} onClose={close} />
      ) : null}
      {asked === "delete" ? (
        <DeleteSnapshotDialog projectId={projectId} snapshot={snapshot} onClose={close} />
      ) : null}
    </>
  );
}

/** Whether it can go back now, its volume knows; in the list of all snapshots that is asked once the menu is open. */
function useOrigin(
  projectId: string,
  { volumeId }: SnapshotRow,
  known: VolumeRow | null,
  wanted: boolean,
): VolumeRow | null {
  const trpc = useTRPC();
  const { data } = useQuery({
    ...trpc.volume.get.queryOptions({ projectId, id: volumeId }),
    enabled: known === null && wanted,
  });
  return known ?? data ?? null;
}

type DialogProps = { projectId: string; snapshot: SnapshotRow; onClose: () => void };

/** What was written since is lost: the volume's name is typed. */
function RevertDialog({ projectId, snapshot, volume, onClose }: DialogProps & { volume: VolumeRow }) {
  const t = useTranslations("volumes");
  const { failure, options } = useVolumeChange(onClose);
  const revert = useMutation(useTRPC().volume.revert.mutationOptions(options));
  return (
    <ConfirmDialog
      open
      danger
      pending={revert.isPending}
      onClose={onClose}
      title={t("snapshot.revertTitle", { name: volume.name, snapshot: snapshot.name })}
      about={t("snapshot.revertAbout")}
      verb={t("snapshot.revertVerb")}
      typed={{ expected: volume.name, label: t("deleteTyped", { name: volume.name }) }}
      onConfirm={() => revert.mutate({ projectId, id: volume.id, snapshotId: snapshot.id })}
    >
      {failure ? <FailureNotice failure={failure} /> : null}
    </ConfirmDialog>
  );
}

function DeleteSnapshotDialog({ projectId, snapshot, onClose }: DialogProps) {
  const t = useTranslations("volumes");
  const { failure, options } = useVolumeChange(onClose);
  const remove = useMutation(useTRPC().volumeSnapshot.delete.mutationOptions(options));
  return (
    <ConfirmDialog
      open
      danger
      pending={remove.isPending}
      onClose={onClose}
      title={t("snapshot.deleteTitle", { name: snapshot.name })}
      about={t("snapshot.deleteAbout", { volume: snapshot.volumeName })}
      verb={t("snapshot.delete")}
      onConfirm={() => remove.mutate({ projectId, id: snapshot.id })}
    >
      {failure ? <FailureNotice failure={failure} /> : null}
    </ConfirmDialog>
  );
}
