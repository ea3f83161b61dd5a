"use client";

import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useTranslations } from "next-intl";
import { failureOf } from "../../lib/failure.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useQueryState } from "../../lib/use-query-state.ts";
import { MoreRows } from "../list/more-rows.tsx";
import { pageSize, paging, rowsOf } from "../list/pages.ts";
import { Page } from "../shell/page.tsx";
import { Button, ButtonLink } from "../ui/button.tsx";
import { EmptyState, YardDrawing } from "../ui/empty-state.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { AuditFilters, FilterChips } from "./audit-filters.tsx";
import { AuditPanel } from "./audit-panel.tsx";
import { AuditTable } from "./audit-table.tsx";
import { type AuditFilter, useAuditFilter } from "./use-audit-filter.ts";

/** While nobody has scrolled on; whoever reads further back is not disturbed. */
const refreshMs = 10_000;
const defaultSort = "-createdAt";

/** The whole trail. What is filtered and looked at stands in the address. */
export function AuditPage() {
  const t = useTranslations("audit");
  const trpc = useTRPC();
  const { filter, set, clear, isFiltered } = useAuditFilter();
  const [sort, setSort] = useQueryState("sort");
  const [selected, setSelected] = useQueryState("selected");
  const query = useInfiniteQuery(
    trpc.admin.audit.list.infiniteQueryOptions(
      { filter, sort: sort ?? defaultSort, limit: pageSize },
      {
        ...paging,
        refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) === 1 ? refreshMs : false),
      },
    ),
  );
  const { rows, total, exact } = rowsOf(query);
  const empty = query.isSuccess && rows.length === 0;
  const row = rows.find(({ id }) => id === selected);
  return (
    <div className="flex">
      <div className="@container min-w-0 flex-1">
        <Page title={t("title")} about={<About />} actions={<Downloads filter={filter} />}>
          <div className="flex flex-col gap-3">
            <div className="flex flex-wrap items-start justify-between gap-2">
              <AuditFilters filter={filter} onSet={set} />
              <p role="status" className="py-1.5 text-label text-muted tabular-nums">
                {query.isSuccess ? t(exact ? "total" : "totalOver", { count: total }) : ""}
              </p>
            </div>
            <FilterChips filter={filter} onSet={set} />
            {query.isError ? (
              <FailureNotice failure={failureOf(query.error)} onRetry={() => query.refetch()} />
            ) : null}
            {empty ? (
              <EmptyState
                drawing={<YardDrawing />}
                title={t(isFiltered ? "nothing" : "empty")}
                about={t(isFiltered ? "nothingAbout" : "emptyAbout")}
              >
                {isFiltered ? <Button onClick={clear}>{t("clear")}</Button> : null}
              </EmptyState>
            ) : (
              <AuditTable
                rows={rows}
                loadingRows={query.isPending ? 8 : 0}
                sort={sort ?? defaultSort}
                onSort={setSort}
                selected={selected}
                onSelect={(id) => setSelected(id === selected ? null : id)}
              />
            )}
            <MoreRows query={query} shown={rows.length} total={total} />
          </div>
        </Page>
      </div>
      {row ? <AuditPanel row={row} onSet={set} onClose={() => setSelected(null)} /> : null}
    </div>
  );
}

/** With how long lines are kept. */
function About() {
  const t = useTranslations("audit");
  const trpc = useTRPC();
  const system = useQuery(trpc.admin.system.queryOptions(undefined, { staleTime: 60_000 }));
  const months = system.data?.trail.keptMonths;
  if (months === undefined) return <>{t("about")}</>;
  return <>{`${t("about")} ${months === null ? t("keptForever") : t("keptMonths", { months })}`}</>;
}

/** What is filtered now, all of it, not only what was scrolled to. */
function Downloads({ filter }: { filter: AuditFilter }) {
  const t = useTranslations("audit");
  const query = new URLSearchParams(filter);
  return (
    <>
      {(["csv", "json"] as const).map((format) => (
        <ButtonLink key={format} href={`/api/export/audit.${format}?${query}`} prefetch={false} download>
          <Download aria-hidden />
          {t(format)}
        </ButtonLink>
      ))}
    </>
  );
}
