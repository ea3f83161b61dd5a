"use client";

import { Maximize, Minimize } from "lucide-react";
import { useTranslations } from "next-intl";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { IconButton } from "../ui/button.tsx";
import { cn } from "../ui/class-names.ts";
import type { LinkState } from "./use-console-link.ts";

type StageProps = { label: string; link: LinkState; toolbar?: ReactNode; hint: string; children: ReactNode };

/** The quiet frame of a console: its state in words at all times, its tools, full screen. */
export function Stage({ label, link, toolbar, hint, children }: StageProps) {
  const t = useTranslations("console");
  const frame = useRef<HTMLElement>(null);
  const [full, setFull] = useState(false);
  useEffect(() => {
    const read = () => setFull(document.fullscreenElement === frame.current);
    document.addEventListener("fullscreenchange", read);
    return () => document.removeEventListener("fullscreenchange", read);
  }, []);
  const toggle = () => (full ? document.exitFullscreen() : frame.current?.requestFullscreen());
  return (
    <section
      ref={frame}
      aria-label={label}
      className="group/stage relative flex flex-col overflow-hidden rounded-surface border bg-surface"
    >
      <div
        className={cn(
          "flex flex-wrap items-center gap-1 px-2 py-1",
          full
            ? "absolute inset-x-0 top-0 z-20 -translate-y-[calc(100%-6px)] border-b bg-surface transition-transform duration-200 focus-within:translate-y-0 hover:translate-y-0"
            : "border-b",
        )}
      >
        <ConsoleState link={link} />
        <div className="ml-auto flex flex-wrap items-center gap-1">
          {toolbar}
          <IconButton label={t(full ? "leaveFullScreen" : "fullScreen")} onClick={toggle}>
            {full ? <Minimize aria-hidden /> : <Maximize aria-hidden />}
          </IconButton>
        </div>
      </div>
      <div className={cn("relative bg-black", full ? "h-dvh" : "h-[min(72vh,46rem)] min-h-72")}>
        {children}
      </div>
      {full ? null : <p className="border-t px-3 py-1.5 text-label text-muted">{hint}</p>}
    </section>
  );
}

const marks: Record<LinkState["name"], string> = {
  waiting: "bg-changing two-step",
  connecting: "bg-changing two-step",
  connected: "bg-running",
  lost: "bg-danger",
  ended: "bg-stopped",
};

function ConsoleState({ link }: { link: LinkState }) {
  const t = useTranslations("console.states");
  return (
    <p
      role="status"
      data-console={link.name}
      className="flex items-center gap-2 px-1.5 text-label font-medium"
    >
      <span aria-hidden className={cn("size-2 rounded-full", marks[link.name])} />
      {t(link.name)}
    </p>
  );
}
