"use client";

import { ExternalLink, Maximize, Minimize, ScrollText } from "lucide-react";
import { useTranslations } from "next-intl";
import { type ReactNode, useRef } from "react";
import type { InstanceDetail } from "../../lib/rows.ts";
import { ButtonLink, IconButton } from "../ui/button.tsx";
import { cn } from "../ui/class-names.ts";
import { useFullScreen } from "./full-screen.ts";
import { PowerMenu } from "./power-menu.tsx";
import type { LinkState } from "./use-console-link.ts";

export type StageProps = {
  kind: "graphic" | "serial";
  instance: InstanceDetail;
  /** Of several consoles in a page, the one that is shown. */
  active: boolean;
  /** In a window of its own. */
  popped: boolean;
  link: LinkState;
  toolbar?: ReactNode;
  notice?: ReactNode;
  hint: string;
  children: ReactNode;
};

const barInFull =
  "absolute inset-x-0 top-0 z-20 -translate-y-[calc(100%-6px)] border-b bg-surface transition-transform duration-200 focus-within:translate-y-0 hover:translate-y-0 pointer-coarse:translate-y-0";

/** The quiet frame of a console: its state in words at all times, its tools, full screen. */
export function Stage(props: StageProps) {
  const { kind, instance, active, popped, link, toolbar, notice, hint, children } = props;
  const t = useTranslations("console");
  const frame = useRef<HTMLElement>(null);
  const [full, toggle] = useFullScreen(frame);
  const page = `/p/${instance.projectId}/instances/${instance.id}`;
  const popOut = () =>
    window.open(`${page}/console?console=${kind}`, `console-${instance.id}`, "popup,width=1040,height=840");
  return (
    <section
      ref={frame}
      aria-label={t(kind)}
      className={cn(
        "group/stage relative flex flex-col overflow-hidden bg-surface",
        popped ? "h-full" : "rounded-surface border",
      )}
    >
      <div className={cn("flex flex-wrap items-center gap-1 px-2 py-1", full ? barInFull : "border-b")}>
        <ConsoleState link={link} active={active} />
        <div className="ml-auto flex flex-wrap items-center gap-0.5">
          {toolbar}
          <ButtonLink
            href={`${page}?tab=log`}
            target={popped ? "_blank" : undefined}
            tone="quiet"
            size="iconSmall"
            aria-label={t("log")}
            title={t("log")}
          >
            <ScrollText aria-hidden />
          </ButtonLink>
          <PowerMenu instance={instance} />
          {popped ? null : (
            <IconButton label={t("popOut")} size="iconSmall" onClick={popOut}>
              <ExternalLink aria-hidden />
            </IconButton>
          )}
          <IconButton label={t(full ? "leaveFullScreen" : "fullScreen")} size="iconSmall" onClick={toggle}>
            {full ? <Minimize aria-hidden /> : <Maximize aria-hidden />}
          </IconButton>
        </div>
      </div>
      {notice}
      <div
        className={cn(
          "relative bg-black",
          full || popped ? "min-h-0 flex-1" : "h-[min(72vh,46rem)] min-h-72",
        )}
      >
        {children}
      </div>
      {full || popped ? null : <p className="border-t px-3 py-1.5 text-label text-muted">{hint}</p>}
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

function ConsoleState({ link, active }: { link: LinkState; active: boolean }) {
  const t = useTranslations("console.states");
  return (
    <p
      role="status"
      data-console={active ? link.name : undefined}
      className="flex items-center gap-2 px-1.5 text-label font-medium"
    >
      <span aria-hidden className={cn("size-2 rounded-full", marks[link.name])} />
      {t(link.name)}
    </p>
  );
}
