"use client";

import { useTranslations } from "next-intl";
import { useEffect, useState } from "react";
import type { InstanceDetail } from "../../lib/rows.ts";
import { useAct, useBlocked } from "../instance/actions.tsx";
import { StatusBadge } from "../instance/status-badge.tsx";
import { Button } from "../ui/button.tsx";
import type { LinkState } from "./use-console-link.ts";

function useSecondsUntil(time: number | null): number {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    if (time === null) return;
    const read = () => setSeconds(Math.max(0, Math.ceil((time - Date.now()) / 1000)));
    read();
    const timer = setInterval(read, 250);
    return () => clearInterval(timer);
  }, [time]);
  return seconds;
}

type LinkOverlayProps = {
  state: LinkState;
  projectId: string;
  instance: InstanceDetail;
  onReconnect: () => void;
};

/** Says over the black stage why there is nothing to see, and what comes next. */
export function LinkOverlay({ state, projectId, instance, onReconnect }: LinkOverlayProps) {
  const t = useTranslations("console");
  const tActions = useTranslations("actions");
  const act = useAct();
  const blocked = useBlocked(projectId);
  const seconds = useSecondsUntil(state.name === "lost" ? state.retryAt : null);
  if (state.name === "connected") return null;
  return (
    <div className="dark absolute inset-0 z-10 flex flex-col items-center justify-center gap-3 bg-black/80 p-6 text-center text-text">
      <p className="text-lead font-medium">{t(`states.${state.name}`)}</p>
      {state.name === "waiting" ? (
        <div className="text-table">
          <StatusBadge view={instance} />
        </div>
      ) : null}
      {state.name === "lost" ? (
        <>
          <p className="max-w-prose text-table text-muted">{t(`losses.${state.reason}`)}</p>
          {state.retryAt === null ? null : (
            <p className="text-table text-muted tabular-nums">{t("retryIn", { seconds })}</p>
          )}
          <Button onClick={onReconnect}>{t("reconnect")}</Button>
        </>
      ) : null}
      {state.name === "ended" ? (
        <>
          <p className="max-w-prose text-table text-muted">{t("endedAbout")}</p>
          <div className="flex gap-2">
            <Button
              tone="primary"
              blocked={blocked("start", instance)}
              onClick={() => act("start", instance)}
            >
              {tActions("start")}
            </Button>
            {instance.powerState === "RUNNING" ? (
              <Button onClick={onReconnect}>{t("reconnect")}</Button>
            ) : null}
          </div>
        </>
      ) : null}
    </div>
  );
}
