"use client";

import { useTranslations } from "next-intl";
import { type StreamState, useStreamState } from "../../lib/stream.tsx";
import { cn } from "../ui/class-names.ts";
import { Tooltip } from "../ui/tooltip.tsx";

const marks: Record<StreamState, string> = {
  connecting: "bg-stopped two-step",
  live: "bg-running",
  stalled: "bg-danger",
  polling: "bg-changing",
  offline: "bg-danger",
};

/** Whether what is on screen follows by itself, in words. */
export function StreamIndicator() {
  const t = useTranslations("stream");
  const state = useStreamState();
  return (
    <Tooltip words={t(`${state}Help`)}>
      <button
        type="button"
        className="flex h-8 items-center gap-1.5 rounded-control px-2 text-label text-muted pointer-coarse:h-9"
        data-stream={state}
      >
        <span aria-hidden className={cn("size-2 rounded-full", marks[state])} />
        <span role="status" className="max-sm:sr-only">
          {t(state)}
        </span>
      </button>
    </Tooltip>
  );
}
