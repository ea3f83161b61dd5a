"use client";

import { useMutation } from "@tanstack/react-query";
import { X } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import type { ImageRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useRefusal } from "../../lib/use-permission.ts";
import { IconButton } from "../ui/button.tsx";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { forgetUpload } from "./uploads.ts";
import { useImageChange } from "./use-image-change.ts";

/** Ends what is on its way: what came of it is thrown away with its row. */
export function CancelImage({ image }: { image: Pick<ImageRow, "id" | "name" | "projectId"> }) {
  const t = useTranslations("images.cancel");
  const trpc = useTRPC();
  const projectId = image.projectId ?? "";
  const blocked = useRefusal("image:delete", projectId);
  const [asked, setAsked] = useState(false);
  const { failure, options } = useImageChange(() => {
    forgetUpload(image.id);
    setAsked(false);
  });
  const remove = useMutation(trpc.image.delete.mutationOptions(options));
  return (
    <>
      <IconButton
        label={t("label", { name: image.name })}
        size="iconSmall"
        blocked={blocked}
        onClick={() => setAsked(true)}
      >
        <X aria-hidden />
      </IconButton>
      <ConfirmDialog
        open={asked}
        danger
        pending={remove.isPending}
        onClose={() => setAsked(false)}
        title={t("title", { name: image.name })}
        about={t("about")}
        verb={t("verb")}
        onConfirm={() => remove.mutate({ projectId, id: image.id })}
      >
        {failure ? <FailureNotice failure={failure} /> : null}
      </ConfirmDialog>
    </>
  );
}
