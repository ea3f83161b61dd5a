"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { failureOf } from "../../lib/failure.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { Button } from "../ui/button.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { SkeletonLines } from "../ui/skeleton.tsx";
import { EventItem } from "./event-item.tsx";

type TimelineProps = { projectId: string; resourceId?: string; pageSize?: number; brief?: boolean };

/** Who did what, newest first; of one resource or of the whole project. */
export function Timeline({ projectId, resourceId, pageSize = 50, brief }: TimelineProps) {
  const t = useTranslations("timeline");
  const trpc = useTRPC();
  const filter = resourceId ? { resourceId } : undefined;
  const events = useInfiniteQuery(
    trpc.event.list.infiniteQueryOptions(
      { projectId, filter, limit: pageSize },
      { getNextPageParam: (page) => page.nextCursor ?? undefined },
    ),
  );
  if (events.isPending) return <SkeletonLines count={Math.min(pageSize, 6)} label={t("loading")} />;
  if (events.isError)
    return <FailureNotice failure={failureOf(events.error)} onRetry={() => events.refetch()} />;
  const items = events.data.pages.flatMap((page) => page.items);
  if (items.length === 0) return <p className="py-4 text-table text-muted">{t("empty")}</p>;
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
    </div>
  );
}
