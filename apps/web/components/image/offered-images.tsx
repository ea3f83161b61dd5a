"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import type { ImageRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useRefusal } from "../../lib/use-permission.ts";
import { Button } from "../ui/button.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Notice } from "../ui/notice.tsx";
import { useImageChange } from "./use-image-change.ts";

const mostShown = 20;

/** What other projects offer and nobody here has answered yet. */
export function OfferedImages({ projectId }: { projectId: string }) {
  const trpc = useTRPC();
  const filter = { offered: true };
  const offered = useQuery(trpc.image.list.queryOptions({ projectId, filter, limit: mostShown }));
  const waiting = offered.data?.items.filter(({ share }) => share === "pending") ?? [];
  if (waiting.length === 0) return null;
  return (
    <div className="flex flex-col gap-2 px-4 pt-4 sm:px-6">
      {waiting.map((image) => (
        <Offer key={image.id} projectId={projectId} image={image} />
      ))}
    </div>
  );
}

function Offer({ projectId, image }: { projectId: string; image: ImageRow }) {
  const t = useTranslations("images.offer");
  const trpc = useTRPC();
  const blocked = useRefusal("image:accept", projectId);
  const { failure, options } = useImageChange(() => {});
  const accept = useMutation(trpc.image.acceptShare.mutationOptions(options));
  const reject = useMutation(trpc.image.rejectShare.mutationOptions(options));
  const pending = accept.isPending || reject.isPending;
  const ref = { projectId, id: image.id };
  return (
    <Notice
      title={t("title", { project: image.ownerName ?? "", name: image.name })}
      actions={
        <>
          <Button
            size="small"
            tone="primary"
            blocked={blocked}
            disabled={pending}
            onClick={() => accept.mutate(ref)}
          >
            {t("accept")}
          </Button>
          <Button size="small" blocked={blocked} disabled={pending} onClick={() => reject.mutate(ref)}>
            {t("reject")}
          </Button>
        </>
      }
    >
      {failure ? <FailureNotice failure={failure} /> : t("about")}
    </Notice>
  );
}
