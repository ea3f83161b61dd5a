"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { LogOut } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { toast } from "sonner";
import { browserName } from "../../lib/browser-name.ts";
import { failureOf } from "../../lib/failure.ts";
import type { SessionRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useFailureToast } from "../../lib/use-failure-toast.ts";
import { Moment } from "../timeline/moment.tsx";
import { Button, IconButton } from "../ui/button.tsx";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { type Column, DataTable } from "../ui/data-table.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Section } from "../ui/section.tsx";

const pageLimit = 500;
const lookAgainMs = 15_000;

/** Where one is signed in, to be ended one by one or all at once. */
export function SessionSection() {
  const t = useTranslations("account.sessions");
  const trpc = useTRPC();
  const [doomed, setDoomed] = useState<SessionRow | "others" | null>(null);
  const sessions = useQuery(
    trpc.account.sessions.list.queryOptions({ limit: pageLimit }, { refetchInterval: lookAgainMs }),
  );
  const rows = (sessions.data?.items ?? []).toSorted((a, b) => Number(b.current) - Number(a.current));
  const others = rows.filter(({ current }) => !current).length;
  return (
    <Section title={t("title")} about={t("about")}>
      {sessions.isError ? (
        <FailureNotice failure={failureOf(sessions.error)} onRetry={() => sessions.refetch()} />
      ) : null}
      <SessionTable rows={rows} loadingRows={sessions.isPending ? 1 : 0} onEnd={setDoomed} />
      <div>
        <Button blocked={others === 0 ? t("noOthers") : null} onClick={() => setDoomed("others")}>
          {t("endOthers")}
        </Button>
      </div>
      <EndSessions doomed={doomed} others={others} onClose={() => setDoomed(null)} />
    </Section>
  );
}

type SessionTableProps = { rows: SessionRow[]; loadingRows: number; onEnd: (row: SessionRow) => void };

function SessionTable({ rows, loadingRows, onEnd }: SessionTableProps) {
  const t = useTranslations("account.sessions");
  const columns: Column<SessionRow>[] = [
    {
      key: "browser",
      title: t("browser"),
      cell: (row) => (
        <>
          <span className="flex flex-wrap items-center gap-x-2">
            <span className="font-medium" title={row.userAgent}>
              {browserName(row.userAgent)}
            </span>
            {row.current ? (
              <span className="rounded-full bg-accent-soft px-2 py-0.5 text-label font-medium text-accent">
                {t("thisOne")}
              </span>
            ) : null}
          </span>
          <code className="font-mono text-label break-all text-muted">{row.address}</code>
        </>
      ),
    },
    {
      key: "created",
      title: t("signedIn"),
      className: "hidden whitespace-nowrap text-muted @xl:table-cell",
      cell: (row) => <Moment date={row.createdAt} />,
    },
    {
      key: "seen",
      title: t("lastSeen"),
      className: "hidden whitespace-nowrap text-muted @sm:table-cell",
      cell: (row) => <Moment date={row.lastSeenAt} />,
    },
    {
      key: "actions",
      title: <span className="sr-only">{t("actions")}</span>,
      className: "w-px text-right whitespace-nowrap",
      cell: (row) => (
        <IconButton
          size="iconSmall"
          label={t("endLabel", { browser: browserName(row.userAgent), address: row.address })}
          blocked={row.current ? t("endThisBlocked") : null}
          onClick={() => onEnd(row)}
        >
          <LogOut aria-hidden />
        </IconButton>
      ),
    },
  ];
  return (
    <div className="@container">
      <DataTable
        label={t("title")}
        columns={columns}
        rows={rows}
        rowKey={(row) => row.id}
        loadingRows={loadingRows}
      />
    </div>
  );
}

type EndSessionsProps = { doomed: SessionRow | "others" | null; others: number; onClose: () => void };

function EndSessions({ doomed, others, onClose }: EndSessionsProps) {
  const t = useTranslations("account.sessions");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const onError = useFailureToast();
  const onSettled = () => {
    void queries.invalidateQueries({ queryKey: trpc.account.sessions.list.queryKey() });
    onClose();
  };
  const one = useMutation(trpc.account.sessions.revoke.mutationOptions({ onError, onSettled }));
  const all = useMutation(
    trpc.account.sessions.revokeOthers.mutationOptions({
      onSuccess: ({ ended }) => toast.success(t("ended", { count: ended })),
      onError,
      onSettled,
    }),
  );
  if (!doomed) return null;
  const words =
    doomed === "others"
      ? { title: t("endOthersTitle", { count: others }), verb: t("endOthers") }
      : { title: t("endTitle", { browser: browserName(doomed.userAgent) }), verb: t("end") };
  return (
    <ConfirmDialog
      open
      danger
      {...words}
      about={t("endAbout")}
      pending={one.isPending || all.isPending}
      onClose={onClose}
      onConfirm={() => (doomed === "others" ? all.mutate() : one.mutate({ id: doomed.id }))}
    />
  );
}
