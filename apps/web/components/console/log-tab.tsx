"use client";

import { Download, RefreshCw, Search } from "lucide-react";
import { useTranslations } from "next-intl";
import { useEffect, useRef, useState } from "react";
import { failureOf } from "../../lib/failure.ts";
import type { InstanceDetail } from "../../lib/rows.ts";
import { Button } from "../ui/button.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Input } from "../ui/input.tsx";
import { Notice } from "../ui/notice.tsx";
import { saveFile } from "../ui/save-file.ts";
import { SkeletonLines } from "../ui/skeleton.tsx";
import { logLines, matching } from "./log-text.ts";
import { LogLost, useLog } from "./use-log.ts";

/** What the guest wrote to its serial port, also when it no longer runs. */
export function LogTab({ projectId, instance }: { projectId: string; instance: InstanceDetail }) {
  const t = useTranslations("log");
  const [wanted, setWanted] = useState("");
  const log = useLog(projectId, instance.id);
  const lines = logLines(log.data ?? "");
  const shown = matching(lines, wanted);
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center gap-2">
        <div className="relative w-full sm:w-72">
          <Search
            aria-hidden
            className="pointer-events-none absolute top-1/2 left-2.5 size-4 -translate-y-1/2 text-muted"
          />
          <Input
            value={wanted}
            onChange={(event) => setWanted(event.target.value)}
            aria-label={t("search")}
            placeholder={t("search")}
            className="pl-8"
          />
        </div>
        <Button disabled={log.isFetching} onClick={() => log.refetch()}>
          <RefreshCw aria-hidden />
          {t("refresh")}
        </Button>
        <Button
          blocked={lines.length === 0 ? t("empty") : null}
          onClick={() => saveFile(`${instance.hostname}.log`, log.data ?? "")}
        >
          <Download aria-hidden />
          {t("download")}
        </Button>
        <p role="status" className="ml-auto text-label text-muted tabular-nums">
          {log.isSuccess ? t("lines", { shown: shown.length, total: lines.length }) : ""}
        </p>
      </div>
      {log.isError ? <LogFailure thrown={log.error} onRetry={() => log.refetch()} /> : null}
      {log.isPending ? <SkeletonLines count={10} label={t("loading")} /> : null}
      {log.isSuccess && lines.length === 0 ? <Notice>{t("empty")}</Notice> : null}
      {lines.length > 0 ? <Lines lines={shown} stamp={log.dataUpdatedAt} label={t("label")} /> : null}
    </div>
  );
}

function LogFailure({ thrown, onRetry }: { thrown: unknown; onRetry: () => void }) {
  const t = useTranslations("console.losses");
  const tCommon = useTranslations("common");
  if (!(thrown instanceof LogLost)) return <FailureNotice failure={failureOf(thrown)} onRetry={onRetry} />;
  return (
    <Notice
      tone="error"
      live
      actions={
        <Button size="small" onClick={onRetry}>
          {tCommon("tryAgain")}
        </Button>
      }
    >
      {t(thrown.reason)}
    </Notice>
  );
}

type LinesProps = { lines: { number: number; line: string }[]; stamp: number; label: string };

/** Opens at the end, where the newest lines are. */
function Lines({ lines, stamp, label }: LinesProps) {
  const frame = useRef<HTMLElement>(null);
  useEffect(() => {
    if (stamp > 0 && frame.current) frame.current.scrollTop = frame.current.scrollHeight;
  }, [stamp]);
  return (
    <section
      ref={frame}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard.
      tabIndex={0}
      aria-label={label}
      className="h-[min(70vh,44rem)] overflow-auto rounded-surface border bg-sunken p-3 font-mono text-label"
    >
      {lines.map(({ number, line }) => (
        <div key={number} className="flex gap-3 whitespace-pre-wrap">
          <span aria-hidden className="w-10 shrink-0 text-right text-muted select-none">
            {number}
          </span>
          <span className="min-w-0 break-all">{line}</span>
        </div>
      ))}
    </section>
  );
}
