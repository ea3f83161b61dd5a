"use client";

import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { failureOf } from "../../lib/failure.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { Page } from "../shell/page.tsx";
import { Button } from "../ui/button.tsx";
import { EmptyState, YardDrawing } from "../ui/empty-state.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { SkeletonLines } from "../ui/skeleton.tsx";
import { HypervisorItem } from "./hypervisor-item.tsx";
import { JoinDialog } from "./join-dialog.tsx";

const refreshMs = 5_000;
const pageLimit = 500;

/** The machines that carry the instances. Their heartbeats are no events, so the list is asked again by itself. */
export function HypervisorPage() {
  const t = useTranslations("admin.hypervisors");
  const trpc = useTRPC();
  const mayJoin = usePermission("hypervisor:join", null);
  const tReasons = useTranslations("reasons");
  const [joining, setJoining] = useState(false);
  const hypervisors = useQuery(
    trpc.admin.hypervisor.list.queryOptions({ limit: pageLimit }, { refetchInterval: refreshMs }),
  );
  const rows = hypervisors.data?.items ?? [];
  const add = (
    <Button
      tone="primary"
      blocked={mayJoin ? null : tReasons("notPermitted")}
      onClick={() => setJoining(true)}
    >
      <Plus aria-hidden />
      {t("join")}
    </Button>
  );
  const empty = hypervisors.isSuccess && rows.length === 0;
  return (
    <Page title={t("title")} about={t("about")} actions={empty ? null : add}>
      {hypervisors.isError && !hypervisors.data ? (
        <FailureNotice failure={failureOf(hypervisors.error)} onRetry={() => hypervisors.refetch()} />
      ) : null}
      {hypervisors.isPending ? <SkeletonLines count={8} label={t("title")} /> : null}
      {empty ? (
        <EmptyState drawing={<YardDrawing />} title={t("empty.title")} about={t("empty.about")}>
          {add}
        </EmptyState>
      ) : null}
      <ul className="flex flex-col divide-y border-y empty:hidden">
        {rows.map((row) => (
          <HypervisorItem key={row.id} hypervisor={row} />
        ))}
      </ul>
      {joining ? <JoinDialog onClose={() => setJoining(false)} /> : null}
    </Page>
  );
}
