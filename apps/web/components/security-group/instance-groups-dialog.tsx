"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { type Failure, failureOf } from "../../lib/failure.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { rowsOf } from "../list/pages.ts";
import { GroupChoice } from "../port/group-choice.tsx";
import { usePorts } from "../port/use-ports.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Notice } from "../ui/notice.tsx";
import { SkeletonLines } from "../ui/skeleton.tsx";

type Props = { projectId: string; instanceId: string; name: string; onClose: () => void };

/** Which groups all interfaces of an instance have, from now on; a running one obeys within moments. */
export function InstanceGroupsDialog({ projectId, instanceId, name, onClose }: Props) {
  const t = useTranslations("securityGroups");
  const tCommon = useTranslations("common");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const query = usePorts(projectId, { instanceId }, "position");
  const { rows } = rowsOf(query);
  const held = [...new Set(rows.flatMap((port) => port.securityGroups.map(({ id }) => id)))];
  const [chosen, setChosen] = useState<string[] | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const value = chosen ?? held;
  const change = useMutation(
    trpc.instance.setSecurityGroups.mutationOptions({
      onSuccess: onClose,
      onError: (thrown) => setFailure(failureOf(thrown)),
      onSettled: () => {
        for (const part of [trpc.instance, trpc.port, trpc.securityGroup])
          void queries.invalidateQueries({ queryKey: part.pathKey() });
      },
    }),
  );
  const save = () => {
    setFailure(null);
    change.mutate({ projectId, id: instanceId, securityGroupIds: value });
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t("setTitle", { name })}
      about={t("setAbout")}
      footer={
        <>
          <Button onClick={onClose}>{tCommon("cancel")}</Button>
          <Button tone="primary" disabled={change.isPending || query.isPending} onClick={save}>
            {t("setVerb")}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {failure ? <FailureNotice failure={failure} /> : null}
        {query.isPending ? (
          <SkeletonLines count={3} label={tCommon("loading")} />
        ) : (
          <GroupChoice projectId={projectId} value={value} onChange={setChosen} emptyMeans="nothing" />
        )}
        {value.length === 0 && !query.isPending ? <Notice tone="warning" title={t("setNone")} /> : null}
      </div>
    </Dialog>
  );
}
