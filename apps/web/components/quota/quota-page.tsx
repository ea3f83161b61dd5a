"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import type { Translate } from "../../lib/error-text.ts";
import { failureOf } from "../../lib/failure.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { useProjectId } from "../../lib/use-project.ts";
import { Page } from "../shell/page.tsx";
import { Button } from "../ui/button.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Section } from "../ui/section.tsx";
import { SkeletonLines } from "../ui/skeleton.tsx";
import { QuotaMeters } from "./quota-meters.tsx";
import { RequestDialog } from "./request-dialog.tsx";
import { RequestTable } from "./request-table.tsx";
import { UsageSection } from "./usage-section.tsx";

/** What the project may use and does use, now and over time, and what it asked for. */
export function QuotaPage() {
  const t: Translate = useTranslations();
  const projectId = useProjectId();
  const trpc = useTRPC();
  const quota = useQuery(trpc.project.quota.queryOptions({ projectId }));
  const mayAsk = usePermission("quota:request", projectId);
  const [asking, setAsking] = useState(false);
  const lines = quota.data?.lines ?? [];
  const ask = (
    <Button
      tone="primary"
      blocked={mayAsk ? null : t("reasons.notPermitted")}
      disabled={!quota.data}
      onClick={() => setAsking(true)}
    >
      {t("quota.ask")}
    </Button>
  );
  return (
    <div className="@container">
      <Page title={t("quota.title")} about={t("quota.about")} actions={ask}>
        <Section title={t("quota.now")}>
          {quota.isError ? (
            <FailureNotice failure={failureOf(quota.error)} onRetry={() => quota.refetch()} />
          ) : null}
          {quota.isPending ? <SkeletonLines count={3} label={t("common.loading")} /> : null}
          {quota.data ? <QuotaMeters whole lines={lines} /> : null}
        </Section>
        <Section title={t("quota.usage.title")} about={t("quota.usage.about")}>
          <UsageSection projectId={projectId} lines={lines} />
        </Section>
        <Section title={t("quota.requests")}>
          <RequestTable projectId={projectId} lines={lines} />
        </Section>
        {asking ? (
          <RequestDialog projectId={projectId} lines={lines} onClose={() => setAsking(false)} />
        ) : null}
      </Page>
    </div>
  );
}
