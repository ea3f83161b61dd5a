"use client";

import { useMutation } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import type { AnyImageRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useImageChange } from "../image/use-image-change.ts";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";

export type AnyImageAct = "deactivate" | "reactivate" | "delete";
type AnyImageDialogProps = { act: AnyImageAct; image: AnyImageRow; onClose: () => void };

/** Says what an administrator's act does to whom. */
export function AnyImageDialog({ act, image, onClose }: AnyImageDialogProps) {
  const t = useTranslations("admin.images");
  const trpc = useTRPC();
  const { failure, options } = useImageChange(onClose);
  const acts = {
    deactivate: useMutation(trpc.admin.image.deactivate.mutationOptions(options)),
    reactivate: useMutation(trpc.admin.image.reactivate.mutationOptions(options)),
    delete: useMutation(trpc.admin.image.delete.mutationOptions(options)),
  };
  const { name, projectName } = image;
  const cloudsOwn = act === "delete" && projectName === null;
  return (
    <ConfirmDialog
      open
      danger={act !== "reactivate"}
      pending={acts[act].isPending}
      onClose={onClose}
      title={t(cloudsOwn ? "delete.titleCloud" : `${act}.title`, { name, project: projectName ?? "" })}
      about={<About act={act} image={image} />}
      verb={t(`${act}.verb`)}
      onConfirm={() => acts[act].mutate({ id: image.id })}
    >
      {failure ? <FailureNotice failure={failure} /> : null}
    </ConfirmDialog>
  );
}

function About({ act, image }: Pick<AnyImageDialogProps, "act" | "image">) {
  const t = useTranslations("admin.images");
  const tDelete = useTranslations("images.delete");
  const { instances, volumes, members, origin } = image;
  return (
    <span className="flex flex-col gap-1">
      <span>{t(`${act}.about`)}</span>
      {act === "reactivate" ? null : (
        <>
          {instances > 0 ? <span>{tDelete("instances", { count: instances })}</span> : null}
          {volumes > 0 ? <span>{tDelete("volumes", { count: volumes })}</span> : null}
        </>
      )}
      {act === "delete" && members > 0 ? <span>{tDelete("members", { count: members })}</span> : null}
      {act === "delete" && origin === "operator" ? <span>{t("delete.fromFile")}</span> : null}
    </span>
  );
}
