"use client";

import { useTranslations } from "next-intl";
import { useEffect, useRef, useState } from "react";
import { ControlBar, ControlMenu } from "./control-bar.tsx";
import { GraphicTools } from "./graphic-tools.tsx";
import { LinkOverlay } from "./link-overlay.tsx";
import { Stage, type StageProps } from "./stage.tsx";
import { TypeTextDialog } from "./type-text-dialog.tsx";
import { useConsoleLink } from "./use-console-link.ts";
import { useControl } from "./use-control.ts";
import { useGraphic } from "./use-graphic.ts";

export type ConsoleProps = Pick<StageProps, "instance" | "active" | "popped">;

/** The guest's screen over VNC. */
export function GraphicConsole({ instance, active, popped }: ConsoleProps) {
  const t = useTranslations("console");
  const screen = useRef<HTMLDivElement>(null);
  const [typing, setTyping] = useState(false);
  const graphic = useGraphic(screen, active);
  const { attach, setMayType } = graphic;
  const link = useConsoleLink(instance.projectId, instance, "vnc", attach);
  const connected = link.state.name === "connected";
  const control = useControl(instance, "vnc", link.consoleId, connected);
  useEffect(() => setMayType(control.inControl), [control.inControl, setMayType]);
  // Who only watched when the line broke comes back to watch.
  if (connected) link.viewOnly.current = !control.inControl;

  const noPicture = connected ? null : t("notConnected");
  const noInput = noPicture ?? (control.inControl ? null : t("takeover.notInControl"));
  return (
    <Stage
      kind="graphic"
      instance={instance}
      active={active}
      popped={popped}
      link={link.state}
      hint={t("focusHint")}
      notice={connected ? <ControlBar control={control} /> : null}
      toolbar={
        <>
          <GraphicTools
            graphic={graphic}
            name={instance.hostname}
            noPicture={noPicture}
            noInput={noInput}
            onTypeText={() => setTyping(true)}
          />
          <ControlMenu control={control} blocked={noPicture} />
        </>
      }
    >
      <div ref={screen} data-testid="vnc-screen" className="absolute inset-0 overflow-auto" />
      <LinkOverlay
        state={link.state}
        projectId={instance.projectId}
        instance={instance}
        onReconnect={link.reconnect}
      />
      {typing ? <TypeTextDialog target={graphic.target} onClose={() => setTyping(false)} /> : null}
    </Stage>
  );
}
