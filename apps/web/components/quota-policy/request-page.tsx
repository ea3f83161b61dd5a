"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { failureOf } from "../../lib/failure.ts";
import type { ManagedRequestRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useQueryState } from "../../lib/use-query-state.ts";
import { MoreRows } from "../list/more-rows.tsx";
import { paging, rowsOf } from "../list/pages.ts";
import { Page } from "../shell/page.tsx";
import { EmptyState, YardDrawing } from "../ui/empty-state.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Segments } from "../ui/segments.tsx";
import { SkeletonLines } from "../ui/skeleton.tsx";
import { DecidedRequest } from "./decided-request.tsx";
import { RejectDialog } from "./reject-dialog.tsx";
import { WaitingRequest } from "./waiting-request.tsx";

const pageSize = 50;
type State = "pending" | "approved" | "rejected" | "withdrawn";
const shown: Record<string, State[] | undefined> = {
  waiting: ["pending"],
  decided: ["approved", "rejected", "withdrawn"],
};

function useRequests(view: string) {
  const trpc = useTRPC();
  const state = shown[view];
  const query = useInfiniteQuery(
    trpc.admin.quotaRequest.list.infiniteQueryOptions(
      { filter: state ? { state } : {}, limit: pageSize },
      paging,
    ),
  );
  return { query, ...rowsOf(query) };
}

/** Projects that need more: those that wait first, each decided where it stands. */
export function RequestPage() {
  const t = useTranslations("admin.requests");
  const tCommon = useTranslations("common");
  const [view, setView] = useQueryState("state");
  const current = view ?? "waiting";
  const { query, rows, total } = useRequests(current);
  // Here and not in the card, which goes when somebody else decides, and would take the words along.
  const [rejecting, setRejecting] = useState<{ looked: ManagedRequestRow; words: string } | null>(null);
  const empty = query.isSuccess && rows.length === 0;
  return (
    <Page title={t("title")} about={t("about")}>
      <div className="flex flex-col gap-4">
        <Segments
          label={t("stateFilter")}
          value={current}
          onChange={(next) => setView(next === "waiting" ? null : next)}
          options={["waiting", "decided", "all"].map((one) => ({ value: one, label: t(`states.${one}`) }))}
        />
        {query.isError ? (
          <FailureNotice failure={failureOf(query.error)} onRetry={() => query.refetch()} />
        ) : null}
        {query.isPending ? <SkeletonLines count={8} label={tCommon("loading")} /> : null}
        {empty && current === "decided" ? <EmptyState title={t("nothing")} /> : null}
        {empty && current !== "decided" ? (
          <EmptyState drawing={<YardDrawing />} title={t("empty.title")} about={t("empty.about")} />
        ) : null}
        <ul aria-label={t("title")} className="flex max-w-3xl flex-col gap-4 empty:hidden">
          {rows.map((request) =>
            request.state === "pending" ? (
              <WaitingRequest
                key={request.id}
                request={request}
                onReject={(looked, words) => setRejecting({ looked, words })}
              />
            ) : (
              <DecidedRequest key={request.id} request={request} />
            ),
          )}
        </ul>
        <MoreRows query={query} shown={rows.length} total={total} />
      </div>
      {rejecting ? (
        <RejectDialog
          {...rejecting}
          current={rows.find(({ id, state }) => id === rejecting.looked.id && state === "pending")}
          onClose={() => setRejecting(null)}
        />
      ) : null}
    </Page>
  );
}
