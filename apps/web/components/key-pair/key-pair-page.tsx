"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { KeyRound, Trash2, Upload } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { failureOf } from "../../lib/failure.ts";
import type { KeyPairRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useFailureToast } from "../../lib/use-failure-toast.ts";
import { useProjectId } from "../../lib/use-project.ts";
import { Page } from "../shell/page.tsx";
import { Moment } from "../timeline/moment.tsx";
import { Button, IconButton } from "../ui/button.tsx";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { CopyButton } from "../ui/copyable.tsx";
import { type Column, DataTable } from "../ui/data-table.tsx";
import { EmptyState, KeyDrawing } from "../ui/empty-state.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { GenerateDialog } from "./generate-dialog.tsx";
import { ImportDialog } from "./import-dialog.tsx";

const pageLimit = 500;
const skeletonRows = 3;

export function KeyPairPage() {
  const t = useTranslations("keyPairs");
  const projectId = useProjectId();
  const trpc = useTRPC();
  const [dialog, setDialog] = useState<"import" | "generate" | null>(null);
  const [doomed, setDoomed] = useState<KeyPairRow | null>(null);
  const keyPairs = useQuery(trpc.keyPair.list.queryOptions({ sort: "name", limit: pageLimit }));
  const rows = keyPairs.data?.items ?? [];
  const buttons = (
    <>
      <Button onClick={() => setDialog("generate")}>
        <KeyRound aria-hidden />
        {t("generate")}
      </Button>
      <Button tone="primary" onClick={() => setDialog("import")}>
        <Upload aria-hidden />
        {t("import")}
      </Button>
    </>
  );
  const empty = keyPairs.isSuccess && rows.length === 0;
  return (
    <Page title={t("title")} about={empty ? null : t("about")} actions={empty ? null : buttons}>
      {keyPairs.isError ? (
        <FailureNotice failure={failureOf(keyPairs.error)} onRetry={() => keyPairs.refetch()} />
      ) : null}
      {empty ? (
        <EmptyState drawing={<KeyDrawing />} title={t("empty.title")} about={t("empty.about")}>
          {buttons}
        </EmptyState>
      ) : (
        <KeyPairTable rows={rows} loadingRows={keyPairs.isPending ? skeletonRows : 0} onDelete={setDoomed} />
      )}
      {dialog === "import" ? <ImportDialog projectId={projectId} onClose={() => setDialog(null)} /> : null}
      {dialog === "generate" ? (
        <GenerateDialog projectId={projectId} onClose={() => setDialog(null)} />
      ) : null}
      <DeleteKeyPair keyPair={doomed} onClose={() => setDoomed(null)} />
    </Page>
  );
}

function KeyPairTable({
  rows,
  loadingRows,
  onDelete,
}: {
  rows: KeyPairRow[];
  loadingRows: number;
  onDelete: (row: KeyPairRow) => void;
}) {
  const t = useTranslations("keyPairs");
  const columns: Column<KeyPairRow>[] = [
    { key: "name", title: t("columns.name"), cell: (row) => <span className="font-medium">{row.name}</span> },
    {
      key: "type",
      title: t("columns.type"),
      className: "hidden @xl:table-cell",
      cell: (row) => <code className="font-mono text-label whitespace-nowrap">{row.type}</code>,
    },
    {
      key: "fingerprint",
      title: t("columns.fingerprint"),
      className: "hidden @2xl:table-cell",
      cell: (row) => <code className="font-mono text-label break-all">{row.fingerprint}</code>,
    },
    {
      key: "created",
      title: t("columns.created"),
      className: "hidden whitespace-nowrap text-muted @xl:table-cell",
      cell: (row) => <Moment date={row.createdAt} />,
    },
    {
      key: "actions",
      title: <span className="sr-only">{t("columns.actions")}</span>,
      className: "w-px text-right whitespace-nowrap",
      cell: (row) => (
        <>
          <CopyButton text={row.publicKey} label={t("copyPublic", { name: row.name })} />
          <IconButton
            size="iconSmall"
            label={t("deleteLabel", { name: row.name })}
            onClick={() => onDelete(row)}
          >
            <Trash2 aria-hidden />
          </IconButton>
        </>
      ),
    },
  ];
  return (
    <DataTable
      label={t("title")}
      columns={columns}
      rows={rows}
      rowKey={(row) => row.id}
      loadingRows={loadingRows}
    />
  );
}

function DeleteKeyPair({ keyPair, onClose }: { keyPair: KeyPairRow | null; onClose: () => void }) {
  const t = useTranslations("keyPairs");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const fail = useFailureToast();
  const remove = useMutation(
    trpc.keyPair.delete.mutationOptions({
      onSuccess: () => queries.invalidateQueries({ queryKey: trpc.keyPair.pathKey() }),
      onError: fail,
      onSettled: onClose,
    }),
  );
  if (!keyPair) return null;
  return (
    <ConfirmDialog
      open
      danger
      pending={remove.isPending}
      onClose={onClose}
      title={t("deleteTitle", { name: keyPair.name })}
      about={t("deleteAbout")}
      verb={t("delete")}
      onConfirm={() => remove.mutate({ id: keyPair.id })}
    />
  );
}
