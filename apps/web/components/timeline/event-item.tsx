"use client";

import {
  Boxes,
  ChartNoAxesColumn,
  ChevronRight,
  CircleAlert,
  KeyRound,
  Layers,
  LogIn,
  type LucideIcon,
  Scale,
  Server,
  ServerCog,
  SquareTerminal,
} from "lucide-react";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { useState } from "react";
import type { Translate } from "../../lib/error-text.ts";
import { openOperation } from "../../lib/operation-drawer.ts";
import { resourceHref } from "../../lib/resource-href.ts";
import type { EventRow } from "../../lib/rows.ts";
import { cn } from "../ui/class-names.ts";
import { CopyableId } from "../ui/copyable.tsx";
import { ChangedValues } from "./changed-values.tsx";
import { ExactTime, Moment } from "./moment.tsx";

const icons: Record<string, LucideIcon> = {
  instance: Server,
  console: SquareTerminal,
  key_pair: KeyRound,
  hypervisor: ServerCog,
  orphan: ServerCog,
  flavor: Boxes,
  aggregate: Layers,
  placement: Scale,
  quota: ChartNoAxesColumn,
  quota_request: ChartNoAxesColumn,
  session: LogIn,
};

type SaidEvent = Pick<
  EventRow,
  "actorKind" | "actorName" | "resourceName" | "resourceId" | "action" | "params"
>;

/** One sentence with the actor; an action that the catalogue doesn't know is told by its own name. */
export function eventSentence(t: Translate, event: SaidEvent): string {
  const actor = event.actorKind === "user" && event.actorName ? event.actorName : t("events.system");
  const name = event.resourceName ?? event.resourceId?.slice(0, 8) ?? "";
  const key = `events.${event.action}`;
  return t.has(key)
    ? t(key, { ...wordsOf(event), actor, name })
    : t("events.other", { actor, name, action: event.action });
}

/** What a sentence may name besides the actor and the resource. */
function wordsOf({ params }: SaidEvent): Record<string, string | number> {
  return Object.fromEntries(
    Object.entries(params).filter(
      (entry): entry is [string, string | number] =>
        typeof entry[1] === "string" || typeof entry[1] === "number",
    ),
  );
}

/** A line of the timeline; it opens to the request id and the exact time. */
export function EventItem({ event }: { event: EventRow }) {
  const t: Translate = useTranslations();
  const [open, setOpen] = useState(false);
  const { operationId } = event;
  const href = resourceHref(event.projectId, event.resourceKind, event.resourceId);
  const group = event.action.split(".")[0] ?? "";
  const bad = event.result === "failed" || event.result === "error" || event.result === "refused";
  const Icon = bad ? CircleAlert : (icons[group] ?? Server);
  return (
    <li className="flex flex-col">
      <button
        type="button"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        className="flex items-start gap-2.5 rounded-control px-2 py-1.5 text-left text-table hover:bg-sunken dark:hover:bg-surface"
      >
        <Icon aria-hidden className={cn("mt-0.5 size-4 shrink-0", bad ? "text-danger" : "text-muted")} />
        <span className="min-w-0 flex-1">{eventSentence(t, event)}</span>
        <span className="text-label whitespace-nowrap text-muted">
          <Moment date={event.createdAt} />
        </span>
        <ChevronRight
          aria-hidden
          className={cn(
            "mt-0.5 size-3.5 shrink-0 text-muted transition-transform duration-150",
            open && "rotate-90",
          )}
        />
      </button>
      {open ? (
        <div className="mb-2 ml-8.5 flex flex-col gap-2">
          <ChangedValues changes={event.changes} />
          <dl className="grid grid-cols-[max-content_1fr] gap-x-4 gap-y-0.5 text-label [&_dt]:text-muted">
            <dt>{t("events.when")}</dt>
            <dd>
              <ExactTime date={event.createdAt} />
            </dd>
            <dt>{t("events.action")}</dt>
            <dd className="font-mono">{event.action}</dd>
            {event.resourceId ? (
              <>
                <dt>{t("events.resource")}</dt>
                <dd className="flex flex-wrap items-center gap-x-2">
                  <CopyableId id={event.resourceId} what={t("events.resource")} whole />
                  {href ? (
                    <Link href={href} className="text-accent hover:underline">
                      {t("events.openResource")}
                    </Link>
                  ) : null}
                </dd>
              </>
            ) : null}
            {event.requestId ? (
              <>
                <dt>{t("common.requestId")}</dt>
                <dd>
                  <CopyableId id={event.requestId} what={t("common.requestId")} whole />
                </dd>
              </>
            ) : null}
            {operationId ? (
              <>
                <dt>{t("events.operation")}</dt>
                <dd>
                  <button
                    type="button"
                    className="text-accent hover:underline"
                    onClick={() => openOperation(operationId)}
                  >
                    {t("events.showOperation")}
                  </button>
                </dd>
              </>
            ) : null}
          </dl>
        </div>
      ) : null}
    </li>
  );
}
