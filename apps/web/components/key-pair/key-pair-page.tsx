"use client";

import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { KeyRound, Trash2, Upload } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import type { KeyPairRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useFailureToast } from "../../lib/use-failure-toast.ts";
import { useProjectId } from "../../lib/use-project.ts";
import { ListPage } from "../list/list-page.tsx";
import { pageSize, paging } from "../list/pages.ts";
import { useListView } from "../list/use-list-view.ts";
import { Moment } from "../timeline/moment.tsx";
import { IconButton } from "../ui/button.tsx";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { CopyButton } from "../ui/copyable.tsx";
import type { Column } from "../ui/data-table.tsx";
import { KeyDrawing } from "../ui/empty-state.tsx";
import { GenerateDialog } from "./generate-dialog.tsx";
import { ImportDialog } from "./import-dialog.tsx";

export function KeyPairPage() {
  const t = useTranslations("keyPairs");
  const projectId = useProjectId();
  const trpc = useTRPC();
  const [dialog, setDialog] = useState<"import" | "generate" | null>(null);
  const [doomed, setDoomed] = useState<KeyPairRow | null>(null);
  const view = useListView("name");
  const query = useInfiniteQuery(
    trpc.keyPair.list.infiniteQueryOptions({ sort: view.sort, limit: pageSize }, paging),
  );
  return (
    <ListPage
      section="keyPairs"
      view={view}
      query={query}
      columns={useColumns(setDoomed)}
      drawing={<KeyDrawing />}
      actions={[
        { word: t("generate"), icon: KeyRound, tone: "plain", onClick: () => setDialog("generate") },
        { word: t("import"), icon: Upload, onClick: () => setDialog("import") },
      ]}
      help={["keyPair", "instance"]}
      skeletonRows={3}
    >
      {dialog === "import" ? <ImportDialog projectId={projectId} onClose={() => setDialog(null)} /> : null}
      {dialog === "generate" ? (
        <GenerateDialog projectId={projectId} onClose={() => setDialog(null)} />
      ) : null}
      <DeleteKeyPair keyPair={doomed} onClose={() => setDoomed(null)} />
    </ListPage>
  );
}

function useColumns(onDelete: (row: KeyPairRow) => void): Column<KeyPairRow>[] {
  const t = useTranslations("keyPairs");
  return [
    {
      key: "name",
      title: t("columns.name"),
      sort: "name",
      cell: (row) => <span className="font-medium">{row.name}</span>,
    },
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
      sort: "createdAt",
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
