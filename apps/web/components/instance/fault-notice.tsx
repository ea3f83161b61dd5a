"use client";

import type { PublicError } from "@madang/core/errors";
import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import type { InstanceDetail } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Notice } from "../ui/notice.tsx";
import { Diagnosis } from "./diagnosis.tsx";

/** What is wrong with an instance: its fault, that it waits for room, or that nobody hears from its hypervisor. */
export function FaultNotice({ instance }: { instance: InstanceDetail }) {
  const t = useTranslations("instances");
  const fault = instance.fault ?? instance.faultMessage;
  const scheduled = instance.conditions.Scheduled;
  if (fault) return <Fault instance={instance} fault={fault} />;
  if (scheduled?.ok === false && !instance.launchedAt) {
    return (
      <Notice tone="warning" title={t("waitingForRoom")}>
        {scheduled.params ? <Diagnosis params={scheduled.params} /> : null}
      </Notice>
    );
  }
  if (instance.hypervisorReachable) return null;
  return (
    <Notice tone="warning" title={t("unreachable")}>
      {t("unreachableAbout")}
    </Notice>
  );
}

/** The cause and what to do, with the request that it came of. */
function Fault({ instance, fault }: { instance: InstanceDetail; fault: PublicError }) {
  const trpc = useTRPC();
  const filter = { resourceId: instance.id };
  const last = useQuery(
    trpc.operation.list.queryOptions({ projectId: instance.projectId, filter, limit: 1 }),
  );
  const requestId = last.data?.items[0]?.requestId ?? null;
  const diagnosed = fault.reason === "NoValidHost" && fault.params !== undefined;
  return (
    <FailureNotice failure={{ error: fault, requestId }}>
      {diagnosed ? <Diagnosis params={fault.params ?? {}} /> : null}
    </FailureNotice>
  );
}
