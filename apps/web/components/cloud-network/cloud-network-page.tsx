"use client";

import { keepPreviousData, useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { type Failure, failureOf } from "../../lib/failure.ts";
import type { AnyNetworkRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { useQueryState } from "../../lib/use-query-state.ts";
import { MoreRows } from "../instance/more-rows.tsx";
import { NetworkDrawing } from "../network/network-drawing.tsx";
import { SubnetDialog } from "../network/subnet-dialog.tsx";
import { Page } from "../shell/page.tsx";
import { Button } from "../ui/button.tsx";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { EmptyState } from "../ui/empty-state.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { TextFilter } from "../ui/text-filter.tsx";
import { CloudNetworkDialog } from "./cloud-network-dialog.tsx";
import { CloudNetworkTable } from "./cloud-network-table.tsx";

const pageSize = 100;
const skeletonRows = 3;

function useAnyNetworks(text: string, sort: string) {
  const trpc = useTRPC();
  const query = useInfiniteQuery(
    trpc.admin.network.list.infiniteQueryOptions(
      { filter: text ? { text } : {}, sort, limit: pageSize },
      { getNextPageParam: (page) => page.nextCursor ?? undefined, placeholderData: keepPreviousData },
    ),
  );
  const pages = query.data?.pages ?? [];
  return { query, rows: pages.flatMap((page) => page.items), total: pages[0]?.total ?? 0 };
}

type Asked = { kind: "create" } | { kind: "subnet" | "delete"; network: AnyNetworkRow };

/** The networks of all projects and of the cloud; what belongs to the cloud is made and changed here. */
export function CloudNetworkPage() {
  const t = useTranslations("cloudNetworks");
  const tNetworks = useTranslations("networks");
  const tReasons = useTranslations("reasons");
  const allowed = usePermission("network:manage", null);
  const [text, setText] = useQueryState("q");
  const [sort, setSort] = useQueryState("sort");
  const [asked, setAsked] = useState<Asked | null>(null);
  const { query, rows, total } = useAnyNetworks(text ?? "", sort ?? "name");
  const blocked = allowed ? null : tReasons("notPermitted");
  const empty = query.isSuccess && rows.length === 0;
  const add = (
    <Button tone="primary" blocked={blocked} onClick={() => setAsked({ kind: "create" })}>
      <Plus aria-hidden />
      {t("create")}
    </Button>
  );
  return (
    <Page title={t("title")} about={t("about")} actions={empty && !text ? null : add}>
      {query.isError ? (
        <FailureNotice failure={failureOf(query.error)} onRetry={() => query.refetch()} />
      ) : null}
      {empty && !text ? (
        <EmptyState drawing={<NetworkDrawing />} title={t("empty")}>
          {add}
        </EmptyState>
      ) : (
        <div className="@container flex flex-col gap-3">
          <div className="flex flex-wrap items-center justify-between gap-2">
            <search className="w-full sm:w-auto">
              <TextFilter text={text ?? ""} label={tNetworks("filter")} onText={setText} />
            </search>
            <p role="status" className="text-label text-muted tabular-nums">
              {query.isSuccess ? tNetworks("total", { count: total }) : ""}
            </p>
          </div>
          {empty ? (
            <EmptyState title={tNetworks("nothing", { text: text ?? "" })}>
              <Button onClick={() => setText(null)}>{tNetworks("clear")}</Button>
            </EmptyState>
          ) : (
            <CloudNetworkTable
              rows={rows}
              loadingRows={query.isPending ? skeletonRows : 0}
              blocked={blocked}
              sort={sort ?? "name"}
              onSort={setSort}
              onAsk={(kind, network) => setAsked({ kind, network })}
            />
          )}
          <MoreRows query={query} shown={rows.length} total={total} />
        </div>
      )}
      {asked?.kind === "create" ? <CloudNetworkDialog onClose={() => setAsked(null)} /> : null}
      {asked?.kind === "subnet" ? (
        <SubnetDialog projectId={null} network={asked.network} subnet={null} onClose={() => setAsked(null)} />
      ) : null}
      {asked?.kind === "delete" ? (
        <DeleteCloudNetwork network={asked.network} onClose={() => setAsked(null)} />
      ) : null}
    </Page>
  );
}

function DeleteCloudNetwork({ network, onClose }: { network: AnyNetworkRow; onClose: () => void }) {
  const t = useTranslations("networks.delete.network");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [failure, setFailure] = useState<Failure | null>(null);
  const remove = useMutation(
    trpc.admin.network.delete.mutationOptions({
      onSuccess: onClose,
      onError: (thrown) => setFailure(failureOf(thrown)),
      onSettled: () => queries.invalidateQueries({ queryKey: trpc.admin.network.pathKey() }),
    }),
  );
  return (
    <ConfirmDialog
      open
      danger
      pending={remove.isPending}
      onClose={onClose}
      title={t("title", { name: network.name })}
      about={t("about")}
      verb={t("verb")}
      typed={null}
      onConfirm={() => {
        setFailure(null);
        remove.mutate({ id: network.id });
      }}
    >
      {failure ? <FailureNotice failure={failure} /> : null}
    </ConfirmDialog>
  );
}
