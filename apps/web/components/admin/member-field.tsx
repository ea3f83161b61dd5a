"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useEffect, useState } from "react";
import type { HypervisorRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { Input } from "../ui/input.tsx";
import { SkeletonLines } from "../ui/skeleton.tsx";

const pageLimit = 500;
/** Beyond this many a filter helps. */
const few = 8;

/** All hypervisors but those that are gone for good, page after page. */
function useHypervisors(): { rows: HypervisorRow[]; complete: boolean } {
  const trpc = useTRPC();
  const query = useInfiniteQuery(
    trpc.admin.hypervisor.list.infiniteQueryOptions(
      { limit: pageLimit },
      { getNextPageParam: (page) => page.nextCursor ?? undefined },
    ),
  );
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  const rows = (query.data?.pages ?? []).flatMap((page) => page.items);
  return { rows: rows.filter(({ state }) => state !== "revoked"), complete: query.isSuccess && !hasNextPage };
}

type MemberFieldProps = { chosen: ReadonlySet<string>; onChange: (chosen: Set<string>) => void };

/** Which hypervisors belong to an aggregate. */
export function MemberField({ chosen, onChange }: MemberFieldProps) {
  const t = useTranslations("admin.aggregates");
  const { rows, complete } = useHypervisors();
  const [text, setText] = useState("");
  const wanted = text.trim().toLowerCase();
  const shown = rows.filter(
    ({ name, availabilityZone }) =>
      name.toLowerCase().includes(wanted) || availabilityZone.toLowerCase().includes(wanted),
  );
  const toggle = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    onChange(next);
  };
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1.5 text-table font-medium">
        {t("members")} <span className="font-normal text-muted">{t("chosen", { count: chosen.size })}</span>
      </legend>
      {rows.length > few ? (
        <Input
          type="text"
          inputMode="search"
          value={text}
          aria-label={t("memberFilter")}
          placeholder={t("memberFilter")}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => event.key === "Enter" && event.preventDefault()}
        />
      ) : null}
      {complete ? null : <SkeletonLines count={3} label={t("members")} />}
      <ul className="max-h-56 overflow-y-auto rounded-control border empty:hidden">
        {shown.map((row) => (
          <li key={row.id} className="border-b last:border-b-0">
            <label className="flex cursor-pointer items-center gap-2.5 px-2.5 py-1.5 text-table hover:bg-sunken">
              <input
                type="checkbox"
                checked={chosen.has(row.id)}
                onChange={() => toggle(row.id)}
                className="size-4 shrink-0 accent-accent"
              />
              <span className="min-w-0 flex-1 truncate">{row.name}</span>
              <span className="text-label whitespace-nowrap text-muted">{row.availabilityZone}</span>
            </label>
          </li>
        ))}
      </ul>
      {complete && shown.length === 0 ? (
        <p role="status" className="text-label text-muted">
          {t(rows.length === 0 ? "noHypervisors" : "noneFound")}
        </p>
      ) : null}
    </fieldset>
  );
}
