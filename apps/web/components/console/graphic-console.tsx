"use client";

import RFB from "@novnc/novnc";
import { Keyboard, Scaling } from "lucide-react";
import { useTranslations } from "next-intl";
import { useCallback, useRef, useState } from "react";
import type { InstanceDetail } from "../../lib/rows.ts";
import { Button, IconButton } from "../ui/button.tsx";
import { Menu, MenuItem, MenuSeparator } from "../ui/menu.tsx";
import { type Chord, ctrlAltDel, singleKeys, terminalKeys } from "./keys.ts";
import { LinkOverlay } from "./link-overlay.tsx";
import { Stage } from "./stage.tsx";
import { type Attach, useConsoleLink } from "./use-console-link.ts";

function press(rfb: RFB | null, chord: Chord): void {
  for (const key of chord.keys) rfb?.sendKey(key.keysym, key.code, true);
  for (const key of chord.keys.toReversed()) rfb?.sendKey(key.keysym, key.code, false);
  rfb?.focus();
}

/** The guest's screen over VNC. */
export function GraphicConsole({ projectId, instance }: { projectId: string; instance: InstanceDetail }) {
  const t = useTranslations("console");
  const screen = useRef<HTMLDivElement>(null);
  const rfb = useRef<RFB | null>(null);
  const [fit, setFit] = useState(true);
  const fitNow = useRef(fit);

  const attach: Attach = useCallback((socket, onUp) => {
    if (!screen.current) return () => undefined;
    const viewer = new RFB(screen.current, socket, { shared: true });
    rfb.current = viewer;
    viewer.background = "#000";
    viewer.scaleViewport = fitNow.current;
    viewer.clipViewport = !fitNow.current;
    viewer.dragViewport = false;
    viewer.addEventListener("connect", () => {
      onUp();
      viewer.focus({ preventScroll: true });
    });
    return () => {
      rfb.current = null;
      viewer.disconnect();
    };
  }, []);
  const { state, reconnect } = useConsoleLink(projectId, instance, "vnc", attach);
  const connected = state.name === "connected";
  const notNow = connected ? null : t("notConnected");

  const scale = () => {
    fitNow.current = !fit;
    setFit(!fit);
    if (!rfb.current) return;
    rfb.current.scaleViewport = !fit;
    rfb.current.clipViewport = fit;
  };
  return (
    <Stage
      label={t("graphic")}
      link={state}
      hint={t("focusHint")}
      toolbar={
        <>
          <Button tone="quiet" size="small" blocked={notNow} onClick={() => press(rfb.current, ctrlAltDel)}>
            {ctrlAltDel.label}
          </Button>
          <Menu
            trigger={
              <IconButton label={t("keys")} blocked={notNow}>
                <Keyboard aria-hidden />
              </IconButton>
            }
          >
            {singleKeys.map((chord) => (
              <MenuItem key={chord.label} onSelect={() => press(rfb.current, chord)}>
                {chord.label}
              </MenuItem>
            ))}
            <MenuSeparator />
            {terminalKeys.map((chord) => (
              <MenuItem key={chord.label} onSelect={() => press(rfb.current, chord)}>
                {chord.label}
              </MenuItem>
            ))}
          </Menu>
          <IconButton label={t(fit ? "scaleReal" : "scaleFit")} aria-pressed={fit} onClick={scale}>
            <Scaling aria-hidden />
          </IconButton>
        </>
      }
    >
      <div ref={screen} data-testid="vnc-screen" className="absolute inset-0 overflow-auto" />
      <LinkOverlay state={state} projectId={projectId} instance={instance} onReconnect={reconnect} />
    </Stage>
  );
}
