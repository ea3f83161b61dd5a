"use client";

import type { PublicError } from "@madang/core/errors";
import { useNow, useTranslations } from "next-intl";
import { type ReactNode, useRef } from "react";
import { errorText, remedyText, type Translate } from "../../lib/error-text.ts";
import type { InstanceDetail, InstanceRow } from "../../lib/rows.ts";
import { CopyableId } from "../ui/copyable.tsx";
import { Diagnosis } from "./diagnosis.tsx";

type Explainable = Pick<InstanceRow, "status" | "faultMessage" | "waiting" | "hypervisorReachable">;

/** There is more to say about its state than the badge says. */
export function hasReason(instance: Explainable): boolean {
  return instance.faultMessage !== null || instance.waiting || !instance.hypervisorReachable;
}

export type Reason = { tone: "error" | "warning"; title: string; body: ReactNode };

/** Why an instance is as it is: its fault, that it waits for room or for its network, or that nobody hears from its hypervisor. */
export function reasonOf(t: Translate, instance: InstanceDetail): Reason | null {
  const fault = instance.fault ?? instance.faultMessage;
  if (fault)
    return {
      tone: "error",
      title: errorText(t, fault),
      body: <FaultBody instance={instance} fault={fault} />,
    };
  if (instance.waiting)
    return {
      tone: "warning",
      title: t("instances.waitingForRoom"),
      body: <WaitingBody instance={instance} />,
    };
  const ports = instance.conditions.PortsBound;
  if (ports?.reason && !ports.ok)
    return {
      tone: "warning",
      title: t(`errors.${ports.reason}`),
      body: <p>{t(`remedies.${ports.reason}`)}</p>,
    };
  if (instance.hypervisorReachable) return null;
  return {
    tone: "warning",
    title: t("instances.unreachable"),
    body: <p>{t("instances.unreachableAbout")}</p>,
  };
}

function FaultBody({ instance, fault }: { instance: InstanceDetail; fault: PublicError }) {
  const t: Translate = useTranslations();
  const remedy = remedyText(t, fault);
  const diagnosed = fault.reason === "NoValidHost" && fault.params !== undefined;
  return (
    <div className="flex flex-col gap-2">
      {diagnosed ? <p>{t("diagnosis.gaveUp")}</p> : null}
      {diagnosed ? <Diagnosis params={fault.params ?? {}} instance={instance} /> : null}
      {remedy ? <p>{remedy}</p> : null}
      <RequestId id={instance.requestId} />
    </div>
  );
}

function WaitingBody({ instance }: { instance: InstanceDetail }) {
  const params = instance.conditions.Scheduled?.params;
  return (
    <div className="flex flex-col gap-2">
      <Patience leftMs={instance.waitLeftMs} />
      {params ? <Diagnosis params={params} instance={instance} /> : null}
      <RequestId id={instance.requestId} />
    </div>
  );
}

const tickMs = 1_000;

/** How long it goes on trying: counted from when the server said it, for this machine's clock may be wrong. */
function Patience({ leftMs }: { leftMs: number | null }) {
  const t = useTranslations("diagnosis");
  // Only for its ticks: what it first answers is when the page was made.
  useNow({ updateInterval: tickMs });
  const said = useRef({ leftMs, at: Date.now() });
  if (said.current.leftMs !== leftMs) said.current = { leftMs, at: Date.now() };
  if (leftMs === null) return <p>{t("endless")}</p>;
  const seconds = Math.max(0, Math.ceil((leftMs - (Date.now() - said.current.at)) / 1_000));
  const left = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  return <p className="tabular-nums">{seconds > 0 ? t("keepsTrying", { left }) : t("lastTry")}</p>;
}

function RequestId({ id }: { id: string | null }) {
  const t = useTranslations("common");
  if (!id) return null;
  return (
    <p className="flex flex-wrap items-center gap-1 text-label text-muted">
      {t("requestId")}
      <CopyableId id={id} what={t("requestId")} whole />
    </p>
  );
}
