"use client";

import { useMutation } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useEffect } from "react";
import { failureOf } from "../../lib/failure.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { ExactTime } from "../timeline/moment.tsx";
import { Button } from "../ui/button.tsx";
import { CopyButton } from "../ui/copyable.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { SkeletonLines } from "../ui/skeleton.tsx";

/** One command, to be run on the machine that shall join. Each opening makes a fresh one-time token. */
export function JoinDialog({ onClose }: { onClose: () => void }) {
  const t = useTranslations("admin.hypervisors");
  const tCommon = useTranslations("common");
  const trpc = useTRPC();
  const { mutate, data, error, isError } = useMutation(
    trpc.admin.hypervisor.createJoinToken.mutationOptions(),
  );
  useEffect(() => mutate(), [mutate]);
  return (
    <Dialog
      open
      wide
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t("joinTitle")}
      about={t("joinAbout")}
      footer={<Button onClick={onClose}>{tCommon("close")}</Button>}
    >
      {isError ? <FailureNotice failure={failureOf(error)} onRetry={() => mutate()} /> : null}
      {!data && !isError ? <SkeletonLines count={2} label={tCommon("loading")} /> : null}
      {data ? (
        <div className="flex flex-col gap-2">
          <div className="flex items-start gap-2 rounded-control border bg-sunken p-3">
            <code className="min-w-0 flex-1 font-mono text-label break-all">{data.command}</code>
            <CopyButton text={data.command} label={t("copyCommand")} />
          </div>
          <p className="text-label text-muted">
            {t("expires")} <ExactTime date={data.expiresAt} />
          </p>
        </div>
      ) : null}
    </Dialog>
  );
}
