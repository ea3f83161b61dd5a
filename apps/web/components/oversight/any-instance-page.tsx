"use client";

import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useTranslations } from "next-intl";
import { failureOf } from "../../lib/failure.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useQueryState } from "../../lib/use-query-state.ts";
import { InstanceActionsProvider } from "../instance/actions.tsx";
import { ListFilters } from "../instance/list-filters.tsx";
import { MoreRows } from "../instance/more-rows.tsx";
import { Page } from "../shell/page.tsx";
import { Button, ButtonLink } from "../ui/button.tsx";
import { EmptyState, YardDrawing } from "../ui/empty-state.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Select } from "../ui/input.tsx";
import { AnyInstanceTable } from "./any-instance-table.tsx";

const pageSize = 100;
const changingMs = 5_000;
const defaultSort = "-createdAt";
/** As many as one would look through in a list to choose from. */
const mostChoices = 200;

/** The instances of all projects. What is filtered and sorted stands in the address. */
export function AnyInstancePage() {
  const t = useTranslations("anyInstances");
  const trpc = useTRPC();
  const [text, setText] = useQueryState("q");
  const [status, setStatus] = useQueryState("status");
  const [hypervisorId, setHypervisor] = useQueryState("hypervisor");
  const [zone, setZone] = useQueryState("zone");
  const [sort, setSort] = useQueryState("sort");
  const filter = {
    ...(text ? { text } : {}),
    ...(status ? { status: status.split(",") } : {}),
    ...(hypervisorId ? { hypervisorId } : {}),
    ...(zone ? { zone } : {}),
  };
  const query = useInfiniteQuery(
    trpc.admin.instance.list.infiniteQueryOptions(
      { filter, sort: sort ?? defaultSort, limit: pageSize },
      {
        getNextPageParam: (page) => page.nextCursor ?? undefined,
        placeholderData: keepPreviousData,
        refetchInterval: ({ state }) => {
          const pages = state.data?.pages ?? [];
          const changing = pages.some((page) => page.items.some((row) => row.taskState !== null));
          return pages.length === 1 && changing ? changingMs : false;
        },
      },
    ),
  );
  const pages = query.data?.pages ?? [];
  const rows = pages.flatMap((page) => page.items);
  const [{ total, totalIsExact } = { total: 0, totalIsExact: true }] = pages;
  const empty = query.isSuccess && rows.length === 0;
  const filtered = Object.keys(filter).length > 0;
  const clear = () => {
    for (const set of [setText, setStatus, setHypervisor, setZone]) set(null);
  };
  const { status: statuses, ...rest } = filter;
  const file = new URLSearchParams({ ...rest, ...(statuses ? { status: statuses.join(",") } : {}) });
  return (
    <InstanceActionsProvider>
      <Page
        title={t("title")}
        about={t("about")}
        actions={
          <ButtonLink href={`/api/export/instances.csv?${file}`} prefetch={false} download>
            <Download aria-hidden />
            {t("csv")}
          </ButtonLink>
        }
      >
        <div className="flex flex-col gap-3">
          <div className="flex flex-wrap items-start justify-between gap-2">
            <div className="flex min-w-0 flex-wrap items-center gap-2">
              <ListFilters
                text={text ?? ""}
                status={filter.status ?? []}
                onText={setText}
                onStatus={setStatus}
                placeholder={t("textPlaceholder")}
              />
              <PlaceFilters
                hypervisorId={hypervisorId}
                zone={zone}
                onHypervisor={setHypervisor}
                onZone={setZone}
              />
            </div>
            <p role="status" className="py-1.5 text-label text-muted tabular-nums">
              {query.isSuccess ? t(totalIsExact ? "total" : "totalOver", { count: total }) : ""}
            </p>
          </div>
          {query.isError ? (
            <FailureNotice failure={failureOf(query.error)} onRetry={() => query.refetch()} />
          ) : null}
          {empty ? (
            <EmptyState
              drawing={<YardDrawing />}
              title={t(filtered ? "nothing" : "empty")}
              about={t(filtered ? "nothingAbout" : "emptyAbout")}
            >
              {filtered ? <Button onClick={clear}>{t("clear")}</Button> : null}
            </EmptyState>
          ) : (
            <AnyInstanceTable
              rows={rows}
              loadingRows={query.isPending ? 8 : 0}
              sort={sort ?? defaultSort}
              onSort={setSort}
            />
          )}
          <MoreRows query={query} shown={rows.length} total={total} />
        </div>
      </Page>
    </InstanceActionsProvider>
  );
}

type PlaceProps = {
  hypervisorId: string | null;
  zone: string | null;
  onHypervisor: (id: string | null) => void;
  onZone: (zone: string | null) => void;
};

function PlaceFilters({ hypervisorId, zone, onHypervisor, onZone }: PlaceProps) {
  const t = useTranslations("anyInstances");
  const trpc = useTRPC();
  const once = { staleTime: 60_000 };
  const hypervisors = useQuery(trpc.admin.hypervisor.list.queryOptions({ limit: mostChoices }, once));
  const zones = useQuery(trpc.zone.list.queryOptions({ limit: mostChoices }, once));
  return (
    <>
      <Select
        className="w-auto max-w-full"
        aria-label={t("hypervisorLabel")}
        value={hypervisorId ?? ""}
        onChange={(event) => onHypervisor(event.target.value || null)}
      >
        <option value="">{t("anyHypervisor")}</option>
        {(hypervisors.data?.items ?? []).map((one) => (
          <option key={one.id} value={one.id}>
            {one.name}
          </option>
        ))}
      </Select>
      <Select
        className="w-auto max-w-full"
        aria-label={t("zoneLabel")}
        value={zone ?? ""}
        onChange={(event) => onZone(event.target.value || null)}
      >
        <option value="">{t("anyZone")}</option>
        {(zones.data?.items ?? []).map((one) => (
          <option key={one.name} value={one.name}>
            {one.name}
          </option>
        ))}
      </Select>
    </>
  );
}
