"use client";

import { imageOf } from "@madang/core/image/image-of";
import type { Usage } from "@madang/core/quota/resource";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useId, useState } from "react";
import { fieldText, type Translate } from "../../lib/error-text.ts";
import { type Failure, failureOf } from "../../lib/failure.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { uuidV7 } from "../../lib/uuid-v7.ts";
import { QuotaArithmetic } from "../quota/quota-arithmetic.tsx";
import { QuotaBlock } from "../quota/quota-block.tsx";
import { useRoom } from "../quota/use-room.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";

export type MadeOf = {
  kind: "volume" | "snapshot" | "instance";
  id: string;
  name: string;
  /** Of the disk; 0: as large as its own image. */
  gib: number;
};

const shown = ["images", "image_size"] as const;
const mibPerGib = 1_024;

type MakeImageDialogProps = { projectId: string; of: MadeOf; onClose: () => void };

/** Asks for an image of a disk, and then shows how it comes about. */
export function MakeImageDialog({ projectId, of, onClose }: MakeImageDialogProps) {
  const t: Translate = useTranslations();
  const formId = useId();
  const [id] = useState(uuidV7);
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [tried, setTried] = useState(false);
  const wanted: Usage = { images: 1, image_size: of.gib * mibPerGib };
  const { lines, blocked } = useRoom(projectId, wanted);
  const { failure, create } = useCreateFrom(projectId, onClose);
  const wish = { id, name, description, of: { kind: of.kind, id: of.id } };
  const issues = imageOf.safeParse(wish).error?.issues ?? [];
  const fault = (field: string) => {
    const issue = tried ? issues.find(({ path }) => path[0] === field) : undefined;
    return issue && fieldText(t, issue.message);
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t("images.make.title", { name: of.name })}
      about={t(`images.make.about.${of.kind}`)}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button tone="primary" type="submit" form={formId} blocked={blocked} disabled={create.isPending}>
            {t("images.make.verb")}
          </Button>
        </>
      }
    >
      <form
        id={formId}
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          setTried(true);
          if (!blocked && issues.length === 0) create.mutate({ projectId, ...wish });
        }}
      >
        {failure ? <FailureNotice failure={failure} /> : null}
        <Field label={t("images.name")} error={fault("name")}>
          {(control) => (
            <Input
              {...control}
              value={name}
              autoComplete="off"
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <Field label={t("images.description")} error={fault("description")}>
          {(control) => (
            <Input
              {...control}
              value={description}
              autoComplete="off"
              onChange={(event) => setDescription(event.target.value)}
            />
          )}
        </Field>
        <p className="text-table text-muted">{t("images.make.takenOver")}</p>
        <QuotaArithmetic lines={lines} wanted={wanted} shown={shown} />
        <p className="text-label text-muted">{t("images.make.sizeHelp")}</p>
        <QuotaBlock projectId={projectId} lines={lines} wanted={wanted} />
      </form>
    </Dialog>
  );
}

function useCreateFrom(projectId: string, onClose: () => void) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const router = useRouter();
  const [failure, setFailure] = useState<Failure | null>(null);
  const create = useMutation(
    trpc.image.createFrom.mutationOptions({
      onMutate: () => setFailure(null),
      onSuccess: ({ id }) => {
        onClose();
        router.push(`/p/${projectId}/images/${id}`);
      },
      onError: (thrown: unknown) => setFailure(failureOf(thrown)),
      onSettled: () => {
        for (const key of [
          trpc.image.pathKey(),
          trpc.volume.pathKey(),
          trpc.volumeSnapshot.pathKey(),
          trpc.project.quota.pathKey(),
        ])
          void queries.invalidateQueries({ queryKey: key });
      },
    }),
  );
  return { failure, create };
}
