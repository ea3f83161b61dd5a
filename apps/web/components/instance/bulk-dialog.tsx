"use client";

import type { BulkAction } from "@madang/core/operation/bulk";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { failureOf } from "../../lib/failure.ts";
import { openOperation } from "../../lib/operation-drawer.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useFailureToast } from "../../lib/use-failure-toast.ts";
import { useMe } from "../../lib/use-me.ts";
import { uuidV7 } from "../../lib/uuid-v7.ts";
import type { Selection } from "../list/selection.ts";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { SkeletonLines } from "../ui/skeleton.tsx";
import { Toggle } from "../ui/toggle.tsx";
import { BulkCounts } from "./bulk-counts.tsx";
import type { InstanceFilter } from "./use-instances.ts";

type BulkDialogProps = {
  projectId: string;
  selection: Selection<InstanceFilter>;
  asked: BulkAction;
  onClose: () => void;
  onDone: () => void;
};

/** Counts what will change and what won't before anything is done; afterwards the operation shows how it goes. */
export function BulkDialog({ projectId, selection, asked, onClose, onDone }: BulkDialogProps) {
  const t = useTranslations("bulk");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const fail = useFailureToast();
  const { reclaimMs } = useMe();
  const [harder, setHarder] = useState(false);
  const [id] = useState(uuidV7);
  const action = actionOf(asked, harder, reclaimMs > 0);
  const scope = scopeOf(selection);
  const preview = useQuery(
    trpc.bulk.preview.queryOptions(
      { projectId, action, scope },
      // What is confirmed is what was shown: nothing takes its place behind the reader's back.
      { staleTime: 0, refetchOnWindowFocus: false, refetchOnReconnect: false },
    ),
  );
  const run = useMutation(
    trpc.bulk.run.mutationOptions({
      onError: (error) => {
        fail(error);
        // What it would touch may be others by now: they are to be seen before they are confirmed.
        void preview.refetch();
      },
      onSuccess: ({ operationId }) => {
        void queries.invalidateQueries({ queryKey: trpc.operation.pathKey() });
        onDone();
        openOperation(operationId);
      },
    }),
  );
  const { count = 0, mark } = preview.data?.will ?? {};
  const failure = preview.error ? failureOf(preview.error) : null;
  const expected = String(count);
  const deletes = action === "delete" || action === "softDelete";
  const hasChoice = asked === "reboot" || (asked === "delete" && reclaimMs > 0);
  return (
    <ConfirmDialog
      open
      danger={deletes || action === "hardReboot"}
      pending={run.isPending || count === 0}
      onClose={onClose}
      title={t(`title.${action}`, { count })}
      about={t(`about.${action}`)}
      verb={t(`verb.${action}`, { count })}
      typed={action === "delete" && count > 0 ? { expected, label: t("type", { expected }) } : null}
      onConfirm={() => run.mutate({ projectId, id, action, scope, confirmed: mark })}
    >
      {preview.isPending ? <SkeletonLines count={3} label={t("loading")} /> : null}
      {failure ? <FailureNotice failure={failure} onRetry={() => preview.refetch()} /> : null}
      {preview.data ? <BulkCounts preview={preview.data} /> : null}
      {hasChoice ? (
        <div className="mb-3">
          <Toggle
            checked={harder}
            onChange={setHarder}
            label={t(asked === "reboot" ? "hard" : "forGood")}
            help={t(asked === "reboot" ? "hardAbout" : "forGoodAbout")}
          />
        </div>
      ) : null}
    </ConfirmDialog>
  );
}

/** `harder`: the choice in the dialog; what can't be deleted softly here is deleted for good. */
function actionOf(asked: BulkAction, harder: boolean, canBeSoft: boolean): BulkAction {
  if (asked === "reboot") return harder ? "hardReboot" : "reboot";
  if (asked === "delete") return harder || !canBeSoft ? "delete" : "softDelete";
  return asked;
}

function scopeOf(selection: Selection<InstanceFilter>) {
  if (selection.kind === "ids") return { ids: [...selection.ids] };
  return { filter: selection.filter, except: [...selection.except] };
}
