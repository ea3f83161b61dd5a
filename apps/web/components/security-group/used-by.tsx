"use client";

import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { failureOf } from "../../lib/failure.ts";
import type { GroupUserRow, SecurityGroupDetail } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { MoreRows } from "../list/more-rows.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Section } from "../ui/section.tsx";
import { SkeletonLines } from "../ui/skeleton.tsx";

const pageSize = 20;

/** The instances and loose ports to which the rules apply. */
export function UsedBy({ projectId, group }: { projectId: string; group: SecurityGroupDetail }) {
  const t = useTranslations("securityGroups");
  const tCommon = useTranslations("common");
  const trpc = useTRPC();
  const users = useInfiniteQuery(
    trpc.securityGroup.listUsers.infiniteQueryOptions(
      { projectId, id: group.id, limit: pageSize },
      { getNextPageParam: (page) => page.nextCursor ?? undefined, placeholderData: keepPreviousData },
    ),
  );
  const rows = users.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Section title={t("usedBy")}>
      {users.isPending ? <SkeletonLines count={2} label={tCommon("loading")} /> : null}
      {users.isError ? (
        <FailureNotice failure={failureOf(users.error)} onRetry={() => users.refetch()} />
      ) : null}
      {users.isSuccess && rows.length === 0 ? (
        <p className="text-table text-muted">{t("usedByNobody")}</p>
      ) : null}
      <ul className="flex flex-col">
        {rows.map((row) => (
          <li
            key={row.id}
            className="flex flex-wrap items-baseline justify-between gap-x-3 border-b py-2 text-table last:border-b-0"
          >
            <UserName projectId={projectId} row={row} />
            <span className="text-label text-muted">
              {row.networkName} <code className="font-mono text-text">{row.addresses.join(", ")}</code>
            </span>
          </li>
        ))}
      </ul>
      <MoreRows query={users} shown={rows.length} total={users.data?.pages[0]?.total ?? 0} />
    </Section>
  );
}

function UserName({ projectId, row }: { projectId: string; row: GroupUserRow }) {
  const t = useTranslations("securityGroups");
  if (row.instanceId === null) return <span>{t("port", { name: row.portName || row.id.slice(0, 8) })}</span>;
  return (
    <Link
      href={`/p/${projectId}/instances/${row.instanceId}`}
      className="min-w-0 font-medium break-words hover:text-accent hover:underline"
    >
      {row.instanceName}
    </Link>
  );
}
