"use client";

import { bulkRules } from "@madang/core/operation/bulk";
import { cancelPermissions, isCancellable } from "@madang/core/operation/cancellable";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Activity, CircleX, RotateCcw } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import type { Translate } from "../../lib/error-text.ts";
import { openOperation } from "../../lib/operation-drawer.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useFailureToast } from "../../lib/use-failure-toast.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { uuidV7 } from "../../lib/uuid-v7.ts";
import { Button, ButtonLink } from "../ui/button.tsx";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import type { ShownOperation } from "./use-operations.ts";
import { kindWords } from "./words.ts";

/** What can be done about a piece of work. */
export function OperationActions({ operation }: { operation: ShownOperation }) {
  return (
    <div className="flex flex-wrap gap-1.5">
      {operation.finishedAt === null ? <CancelButton operation={operation} /> : null}
      {operation.finishedAt !== null && operation.children ? <RetryButton operation={operation} /> : null}
      <TrailLink operation={operation} />
    </div>
  );
}

/** Why it can't be cancelled; null when it can. */
function useCancelBlocked({ kind, projectId, cancelRequested }: ShownOperation): string | null {
  const t = useTranslations();
  const permission = isCancellable(kind) ? cancelPermissions[kind] : "operation:cancel";
  const allowed = usePermission(permission, projectId);
  if (!isCancellable(kind) || projectId === null) return t("errors.operationNotCancellable");
  if (!allowed) return t("reasons.notPermitted");
  return cancelRequested ? t("operations.cancelling") : null;
}

function CancelButton({ operation }: { operation: ShownOperation }) {
  const t: Translate = useTranslations();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const fail = useFailureToast();
  const [asked, setAsked] = useState(false);
  const blocked = useCancelBlocked(operation);
  const cancel = useMutation(
    trpc.operation.cancel.mutationOptions({
      onError: fail,
      onSettled: () => {
        void queries.invalidateQueries({ queryKey: trpc.operation.pathKey() });
        void queries.invalidateQueries({ queryKey: trpc.admin.operation.pathKey() });
      },
    }),
  );
  const { id, kind, projectId, resourceName: name } = operation;
  return (
    <>
      <Button size="small" blocked={blocked} disabled={cancel.isPending} onClick={() => setAsked(true)}>
        <CircleX aria-hidden />
        {t("operations.cancel")}
      </Button>
      <ConfirmDialog
        open={asked}
        onClose={() => setAsked(false)}
        title={t("operations.cancelTitle", { kind: kindWords(t, kind), name })}
        about={isCancellable(kind) ? t(`operations.cancelAbout.${kind.replace(".", "-")}`) : null}
        verb={t("operations.cancelDo")}
        danger
        onConfirm={() => {
          setAsked(false);
          if (projectId !== null) cancel.mutate({ projectId, operationId: id });
        }}
      />
    </>
  );
}

/** To what the trail says of the same request. */
function TrailLink({ operation: { projectId, requestId } }: { operation: ShownOperation }) {
  const t = useTranslations("operations");
  const page = projectId === null ? "/admin/audit" : `/p/${projectId}/activity`;
  return (
    <ButtonLink href={`${page}?requestId=${encodeURIComponent(requestId)}`} size="small">
      <Activity aria-hidden />
      {t("trail")}
    </ButtonLink>
  );
}

/** Those of its parts that failed, as a new piece of work. */
function RetryButton({ operation }: { operation: ShownOperation }) {
  const t = useTranslations();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const fail = useFailureToast();
  const [id, setId] = useState(uuidV7);
  const { kind, projectId, children } = operation;
  const permission = isCancellable(kind) ? cancelPermissions[kind] : "operation:cancel";
  const allowed = usePermission(permission, projectId);
  const retry = useMutation(
    trpc.operation.retry.mutationOptions({
      onError: fail,
      onSuccess: ({ operationId }) => {
        setId(uuidV7());
        void queries.invalidateQueries({ queryKey: trpc.operation.pathKey() });
        openOperation(operationId);
      },
    }),
  );
  const again = children && children.failed > 0 ? null : t("operations.retryNothing");
  const nothing = kind === bulkRules.delete.kind ? t("operations.retryDeletes") : again;
  return (
    <Button
      size="small"
      blocked={allowed ? nothing : t("reasons.notPermitted")}
      disabled={retry.isPending}
      onClick={() => projectId !== null && retry.mutate({ projectId, operationId: operation.id, id })}
    >
      <RotateCcw aria-hidden />
      {t("operations.retry")}
    </Button>
  );
}
