"use client";

import { keepPreviousData, useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { failureOf } from "../../lib/failure.ts";
import type { AggregateRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useFailureToast } from "../../lib/use-failure-toast.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { useQueryState } from "../../lib/use-query-state.ts";
import { MoreRows } from "../instance/more-rows.tsx";
import { Page } from "../shell/page.tsx";
import { Button } from "../ui/button.tsx";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { EmptyState, YardDrawing } from "../ui/empty-state.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { TextFilter } from "../ui/text-filter.tsx";
import { AggregateDialog } from "./aggregate-dialog.tsx";
import { AggregateTable } from "./aggregate-table.tsx";

type Asked = { kind: "create" } | { kind: "edit" | "delete"; aggregate: AggregateRow };
const pageSize = 100;
const skeletonRows = 4;

function useAggregates(text: string, sort: string) {
  const trpc = useTRPC();
  const query = useInfiniteQuery(
    trpc.admin.aggregate.list.infiniteQueryOptions(
      { filter: text ? { text } : {}, sort, limit: pageSize },
      { getNextPageParam: (page) => page.nextCursor ?? undefined, placeholderData: keepPreviousData },
    ),
  );
  const pages = query.data?.pages ?? [];
  return { query, rows: pages.flatMap((page) => page.items), total: pages[0]?.total ?? 0 };
}

/** Hypervisors that have something in common, and what flavors make of it. */
export function AggregatePage() {
  const t = useTranslations("admin.aggregates");
  const tReasons = useTranslations("reasons");
  const allowed = usePermission("aggregate:manage", null);
  const [text, setText] = useQueryState("q");
  const [sort, setSort] = useQueryState("sort");
  const [asked, setAsked] = useState<Asked | null>(null);
  const { query, rows, total } = useAggregates(text ?? "", sort ?? "name");
  const blocked = allowed ? null : tReasons("notPermitted");
  const add = (
    <Button tone="primary" blocked={blocked} onClick={() => setAsked({ kind: "create" })}>
      <Plus aria-hidden />
      {t("create")}
    </Button>
  );
  const empty = query.isSuccess && rows.length === 0;
  return (
    <Page title={t("title")} about={t("about")} actions={empty && !text ? null : add}>
      {query.isError ? (
        <FailureNotice failure={failureOf(query.error)} onRetry={() => query.refetch()} />
      ) : null}
      {empty && !text ? (
        <EmptyState drawing={<YardDrawing />} title={t("empty.title")} about={t("empty.about")}>
          {add}
        </EmptyState>
      ) : (
        <div className="flex flex-col gap-3">
          <search>
            <TextFilter text={text ?? ""} label={t("filter")} onText={setText} />
          </search>
          {empty ? (
            <EmptyState title={t("nothing", { text: text ?? "" })}>
              <Button onClick={() => setText(null)}>{t("clear")}</Button>
            </EmptyState>
          ) : (
            <AggregateTable
              rows={rows}
              loadingRows={query.isPending ? skeletonRows : 0}
              blocked={blocked}
              sort={sort ?? "name"}
              onSort={setSort}
              onAsk={(kind, aggregate) => setAsked({ kind, aggregate })}
            />
          )}
          <MoreRows query={query} shown={rows.length} total={total} />
        </div>
      )}
      {asked?.kind === "create" || asked?.kind === "edit" ? (
        <AggregateDialog
          aggregate={asked.kind === "edit" ? asked.aggregate : null}
          onClose={() => setAsked(null)}
        />
      ) : null}
      {asked?.kind === "delete" ? (
        <DeleteAggregate aggregate={asked.aggregate} onClose={() => setAsked(null)} />
      ) : null}
    </Page>
  );
}

/** Says what depends on it before it goes. */
function DeleteAggregate({ aggregate, onClose }: { aggregate: AggregateRow; onClose: () => void }) {
  const t = useTranslations("admin.aggregates");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const fail = useFailureToast();
  const remove = useMutation(
    trpc.admin.aggregate.delete.mutationOptions({
      onSuccess: () => void queries.invalidateQueries({ queryKey: trpc.admin.aggregate.pathKey() }),
      onError: fail,
      onSettled: onClose,
    }),
  );
  const { flavors, hypervisors } = aggregate;
  return (
    <ConfirmDialog
      open
      danger
      pending={remove.isPending}
      onClose={onClose}
      title={t("deleteTitle", { name: aggregate.name })}
      about={
        <>
          <p>{t("deleteAbout", { count: hypervisors.length })}</p>
          {flavors.length > 0 ? (
            <p className="mt-2 text-text">{t("deleteFlavors", { flavors: flavors.join(", ") })}</p>
          ) : null}
        </>
      }
      verb={t("delete")}
      onConfirm={() => remove.mutate({ id: aggregate.id })}
    />
  );
}
