"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { failureOf } from "../../lib/failure.ts";
import { useTRPC, useTRPCClient } from "../../lib/trpc.ts";
import { Button, ButtonLink } from "../ui/button.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { SkeletonLines } from "../ui/skeleton.tsx";
import { EventItem } from "./event-item.tsx";

type TimelineFilter = Partial<
  Record<
    "actor" | "resourceKind" | "result" | "requestId" | "operationId" | "from" | "to" | "resourceId",
    string
  >
>;
type TimelineProps = {
  /** null: of the whole cloud, for who oversees it. */
  projectId: string | null;
  resourceId?: string;
  filter?: TimelineFilter;
  pageSize?: number;
  brief?: boolean;
};

/** Who did what, newest first; of one resource or of the whole project. */
export function Timeline({ projectId, resourceId, filter = {}, pageSize = 50, brief }: TimelineProps) {
  const t = useTranslations("timeline");
  const narrowed = resourceId ? { ...filter, resourceId } : filter;
  const events = useEvents(projectId, narrowed, pageSize);
  if (events.isPending) return <SkeletonLines count={Math.min(pageSize, 6)} label={t("loading")} />;
  if (events.isError)
    return <FailureNotice failure={failureOf(events.error)} onRetry={() => events.refetch()} />;
  const items = events.data.pages.flatMap((page) => page.items);
  if (items.length === 0)
    return (
      <p className="py-4 text-table text-muted">{t(Object.keys(filter).length > 0 ? "nothing" : "empty")}</p>
    );
  return (
    <div className="-mx-2 flex flex-col gap-3">
      <ol aria-label={t("label")} className="flex flex-col">
        {items.map((event) => (
          <EventItem key={event.id} event={event} />
        ))}
      </ol>
      {events.hasNextPage && !brief ? (
        <Button
          className="self-center"
          disabled={events.isFetchingNextPage}
          onClick={() => events.fetchNextPage()}
        >
          {t("more")}
        </Button>
      ) : null}
      {events.hasNextPage && brief && resourceId ? (
        <ButtonLink
          className="self-start"
          size="small"
          tone="quiet"
          href={`${projectId === null ? "/admin/audit" : `/p/${projectId}/activity`}?resourceId=${resourceId}`}
        >
          {t("whole")}
        </ButtonLink>
      ) : null}
    </div>
  );
}

function useEvents(projectId: string | null, filter: TimelineFilter, limit: number) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const key = projectId === null ? trpc.admin.event.list.pathKey() : trpc.event.list.pathKey();
  return useInfiniteQuery({
    queryKey: [...key, { timeline: projectId, filter, limit }],
    queryFn: ({ pageParam, signal }) => {
      const page = { filter, limit, cursor: pageParam };
      return projectId === null
        ? client.admin.event.list.query(page, { signal })
        : client.event.list.query({ projectId, ...page }, { signal });
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  });
}
