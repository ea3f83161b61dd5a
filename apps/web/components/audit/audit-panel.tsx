"use client";

import { X } from "lucide-react";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { type ReactNode, useEffect, useRef } from "react";
import type { Translate } from "../../lib/error-text.ts";
import type { AuditRow } from "../../lib/rows.ts";
import { ChangedValues } from "../timeline/changed-values.tsx";
import { eventSentence } from "../timeline/event-item.tsx";
import { ExactTime } from "../timeline/moment.tsx";
import { Button, IconButton } from "../ui/button.tsx";
import { CopyableId } from "../ui/copyable.tsx";
import { ResultMark } from "./result-mark.tsx";
import type { AuditField } from "./use-audit-filter.ts";

type Props = {
  row: AuditRow;
  onSet: (changes: { [F in AuditField]?: string | null }) => void;
  onClose: () => void;
};

/** One line of the trail in full, and from it the way to its like. */
export function AuditPanel({ row, onSet, onClose }: Props) {
  const t: Translate = useTranslations();
  const panel = useRef<HTMLElement>(null);
  useEffect(() => {
    const active = document.activeElement;
    if (active instanceof HTMLElement && active.dataset.glance === row.id) panel.current?.focus();
  }, [row.id]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || event.defaultPrevented) return;
      onClose();
      document.querySelector<HTMLElement>(`[data-glance="${row.id}"]`)?.focus();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [onClose, row.id]);
  return (
    <aside
      ref={panel}
      tabIndex={-1}
      aria-label={t("audit.panel")}
      className="fixed inset-y-0 top-11 right-0 z-20 flex w-[min(440px,100vw)] flex-col gap-5 overflow-y-auto border-l bg-surface p-5 shadow-float min-[1280px]:sticky min-[1280px]:h-[calc(100dvh-2.75rem)] min-[1280px]:shrink-0 min-[1280px]:shadow-none"
    >
      <div className="flex items-start justify-between gap-2">
        <h2 className="min-w-0 text-lead font-semibold break-words">{eventSentence(t, row)}</h2>
        <IconButton label={t("common.close")} onClick={onClose}>
          <X aria-hidden />
        </IconButton>
      </div>
      <ChangedValues changes={row.changes} />
      <Facts row={row} />
      <div className="flex flex-wrap gap-2">
        {row.actorId ? (
          <Button onClick={() => onSet({ actorId: row.actorId })}>{t("audit.onlyActor")}</Button>
        ) : null}
        {hasOwnId(row) ? (
          <Button onClick={() => onSet({ resourceId: row.resourceId })}>{t("audit.onlyResource")}</Button>
        ) : null}
        {row.projectId ? (
          <Button onClick={() => onSet({ projectId: row.projectId })}>{t("audit.onlyProject")}</Button>
        ) : null}
        {row.requestId ? (
          <Button onClick={() => onSet({ requestId: row.requestId })}>{t("audit.onlyRequest")}</Button>
        ) : null}
      </div>
    </aside>
  );
}

/** What is there once in the cloud has no id of its own. */
function hasOwnId({ resourceId }: AuditRow): boolean {
  return !resourceId.startsWith("00000000-0000-0000-0000");
}

function Facts({ row }: { row: AuditRow }) {
  const t = useTranslations("audit");
  const tCommon = useTranslations("common");
  const { projectId } = row;
  const params = Object.entries(row.params).filter(([, value]) => value !== null && value !== "");
  return (
    <dl className="grid grid-cols-[max-content_minmax(0,1fr)] gap-x-4 gap-y-1.5 text-table [&_dt]:text-muted">
      <Fact name={t("columns.when")}>
        <ExactTime date={row.createdAt} />
      </Fact>
      <Fact name={t("columns.who")}>
        <span className="break-words">{row.actorName || t("nobody")}</span>
        {row.actorId ? <CopyableId id={row.actorId} what={t("fields.actorId")} className="ml-2" /> : null}
      </Fact>
      <Fact name={t("columns.what")}>
        <code className="font-mono text-label break-all">{row.action}</code>
      </Fact>
      <Fact name={t("columns.resource")}>
        {row.resourceKind === "instance" && projectId ? (
          <Link href={`/p/${projectId}/instances/${row.resourceId}`} className="text-accent hover:underline">
            {row.resourceName}
          </Link>
        ) : (
          <span className="break-words">{row.resourceName || "–"}</span>
        )}
        {hasOwnId(row) ? (
          <CopyableId id={row.resourceId} what={t("fields.resourceId")} className="ml-2" />
        ) : null}
      </Fact>
      {projectId ? (
        <Fact name={t("fields.projectId")}>
          <span className="break-words">{row.projectName ?? t("goneProject")}</span>
          <CopyableId id={projectId} what={t("fields.projectId")} className="ml-2" />
        </Fact>
      ) : null}
      <Fact name={t("columns.address")}>
        <code className="font-mono text-label">{row.address ?? "–"}</code>
      </Fact>
      <Fact name={t("columns.result")}>
        <ResultMark result={row.result} />
      </Fact>
      {row.requestId ? (
        <Fact name={tCommon("requestId")}>
          <CopyableId id={row.requestId} what={tCommon("requestId")} whole />
        </Fact>
      ) : null}
      {params.map(([name, value]) => (
        <Fact key={name} name={name}>
          <code className="font-mono text-label break-words">{String(value)}</code>
        </Fact>
      ))}
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd className="min-w-0">{children}</dd>
    </>
  );
}
