"use client";

import { useMutation } from "@tanstack/react-query";
import {
  Download,
  Ellipsis,
  Pencil,
  ShieldCheck,
  ShieldOff,
  ToggleLeft,
  ToggleRight,
  Trash2,
} from "lucide-react";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useState } from "react";
import type { ImageDetail } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useFailureToast } from "../../lib/use-failure-toast.ts";
import { usePermission, useRefusal } from "../../lib/use-permission.ts";
import { IconButton } from "../ui/button.tsx";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Menu, MenuItem } from "../ui/menu.tsx";
import { EditImageDialog } from "./edit-image-dialog.tsx";
import { LaunchLink, useUnready } from "./launch-link.tsx";
import { forgetUpload } from "./uploads.ts";
import { useDownload } from "./use-download.ts";
import { useImageChange, useImagesChanged } from "./use-image-change.ts";

type ImageProps = { projectId: string; image: ImageDetail };

export function ImageActions({ projectId, image }: ImageProps) {
  return (
    <>
      <LaunchLink projectId={projectId} image={image} />
      <MoreActions projectId={projectId} image={image} />
    </>
  );
}

/** Why an action that is its owner's can't be done; null when it can. */
function useOwnRefusal(projectId: string, image: ImageDetail) {
  const t = useTranslations("images");
  const update = useRefusal("image:update", projectId);
  const remove = useRefusal("image:delete", projectId);
  const mayPublish = usePermission("image:publish", null);
  const foreign = image.own ? null : t("foreign");
  const published = image.visibility === "public" && !mayPublish ? t("publicOnlyAdmin") : null;
  return {
    update: foreign ?? update ?? published,
    reactivate: image.withdrawn && !mayPublish ? t("withdrawnOnlyAdmin") : null,
    remove: foreign ?? remove ?? (image.protected ? t("protectedNow") : null),
  };
}

function MoreActions({ projectId, image }: ImageProps) {
  const t = useTranslations("images");
  const trpc = useTRPC();
  const router = useRouter();
  const changed = useImagesChanged();
  const onError = useFailureToast();
  const blocked = useOwnRefusal(projectId, image);
  const downloadRefused = useRefusal("image:download", projectId);
  const [dialog, setDialog] = useState<"edit" | "delete" | null>(null);
  const update = useMutation(trpc.image.update.mutationOptions({ onError, onSettled: changed }));
  const change = (changes: { protected?: boolean; deactivated?: boolean }) =>
    update.mutate({ projectId, id: image.id, ...changes });
  const unready = useUnready(image);
  const download = useDownload(`/api/images/${projectId}/${image.id}/file`);
  const active = image.status === "active";
  const ready = active || image.status === "deactivated";
  return (
    <>
      <Menu
        trigger={
          <IconButton label={t("actions", { name: image.name })} tone="plain">
            <Ellipsis aria-hidden />
          </IconButton>
        }
      >
        <MenuItem icon={<Pencil aria-hidden />} blocked={blocked.update} onSelect={() => setDialog("edit")}>
          {t("edit")}
        </MenuItem>
        <MenuItem
          icon={<Download aria-hidden />}
          blocked={downloadRefused ?? unready}
          onSelect={() => void download()}
        >
          {t("download")}
        </MenuItem>
        <MenuItem
          icon={image.protected ? <ShieldOff aria-hidden /> : <ShieldCheck aria-hidden />}
          blocked={blocked.update}
          onSelect={() => change({ protected: !image.protected })}
        >
          {t(image.protected ? "unprotect" : "protect")}
        </MenuItem>
        <MenuItem
          icon={active ? <ToggleLeft aria-hidden /> : <ToggleRight aria-hidden />}
          blocked={blocked.update ?? blocked.reactivate ?? (ready ? null : unready)}
          onSelect={() => change({ deactivated: active })}
        >
          {t(image.status === "deactivated" ? "reactivate" : "deactivate")}
        </MenuItem>
        <MenuItem
          danger
          icon={<Trash2 aria-hidden />}
          blocked={blocked.remove}
          onSelect={() => setDialog("delete")}
        >
          {t("delete.verb")}
        </MenuItem>
      </Menu>
      {dialog === "edit" ? (
        <EditImageDialog projectId={projectId} image={image} onClose={() => setDialog(null)} />
      ) : null}
      {dialog === "delete" ? (
        <DeleteImageDialog
          projectId={projectId}
          image={image}
          onClose={() => setDialog(null)}
          onDeleted={() => router.push(`/p/${projectId}/images`)}
        />
      ) : null}
    </>
  );
}

type DeleteProps = ImageProps & { onClose: () => void; onDeleted: () => void };

/** Says what goes with it, and what stays. */
function DeleteImageDialog({ projectId, image, onClose, onDeleted }: DeleteProps) {
  const t = useTranslations("images.delete");
  const trpc = useTRPC();
  const { failure, options } = useImageChange(() => {
    forgetUpload(image.id);
    onClose();
    onDeleted();
  });
  const remove = useMutation(trpc.image.delete.mutationOptions(options));
  const taken = image.members.filter(({ state }) => state === "accepted").length;
  return (
    <ConfirmDialog
      open
      danger
      pending={remove.isPending}
      onClose={onClose}
      title={t("title", { name: image.name })}
      about={
        <span className="flex flex-col gap-1">
          <span>{t("about")}</span>
          {image.volumes > 0 ? <span>{t("volumes", { count: image.volumes })}</span> : null}
          {image.instances > 0 ? <span>{t("instances", { count: image.instances })}</span> : null}
          {taken > 0 ? <span>{t("members", { count: taken })}</span> : null}
        </span>
      }
      verb={t("verb")}
      onConfirm={() => remove.mutate({ projectId, id: image.id })}
    >
      {failure ? <FailureNotice failure={failure} /> : null}
    </ConfirmDialog>
  );
}
