"use client";

import RFB from "@novnc/novnc";
import { useCallback, useEffect, useRef, useState } from "react";
import { type Stroke, strokesFor, unmappable } from "./keyboard/layout.ts";
import { altGr, type Chord, type Key, type Modifier, modifiers, shift } from "./keys.ts";
import type { TypeTarget } from "./type-text.ts";
import type { Attach } from "./use-console-link.ts";

export type Scale = "fit" | "real" | "remote";
const typePauseMs = 25;
const modifierCodes = /^(Control|Alt|Shift|Meta|OS)/;

function applyScale(rfb: RFB | null, scale: Scale): void {
  if (!rfb) return;
  rfb.scaleViewport = scale !== "real";
  rfb.clipViewport = scale === "real";
  rfb.resizeSession = scale === "remote";
}

/** The screen: its viewer, how it is scaled, and what is pressed by buttons. `screen` is where it is drawn. */
export function useGraphic(screen: React.RefObject<HTMLDivElement | null>, active: boolean) {
  const rfb = useRef<RFB | null>(null);
  const [scale, setScale] = useState<Scale>("fit");
  const [held, setHeld] = useState<readonly Modifier[]>([]);
  const [clipboard, setClipboard] = useState<string | null>(null);
  const now = useRef({ scale, active, held, mayType: true });
  now.current = { ...now.current, scale, active, held };

  const attach: Attach = useCallback(
    (socket, onUp) => {
      if (!screen.current) return () => undefined;
      const viewer = new RFB(screen.current, socket, { shared: true });
      rfb.current = viewer;
      viewer.background = "#000";
      viewer.dragViewport = false;
      viewer.viewOnly = !now.current.mayType;
      applyScale(viewer, now.current.scale);
      viewer.addEventListener("connect", () => {
        onUp();
        if (now.current.active) viewer.focus({ preventScroll: true });
      });
      viewer.addEventListener("clipboard", (event) => {
        if (event instanceof CustomEvent) setClipboard(String(event.detail.text));
      });
      return () => {
        rfb.current = null;
        setHeld([]);
        setClipboard(null);
        viewer.disconnect();
      };
    },
    [screen],
  );
  const send = ({ keysym, code }: Key, down: boolean) => rfb.current?.sendKey(keysym, code, down);
  const letGo = useCallback(() => {
    for (const { label, key } of modifiers)
      if (now.current.held.includes(label)) rfb.current?.sendKey(key.keysym, key.code, false);
    if (now.current.held.length > 0) setHeld([]);
  }, []);
  // A key that was typed into the screen takes the held ones with it.
  useEffect(() => {
    const frame = screen.current;
    const onUp = ({ code }: KeyboardEvent) => {
      if (!modifierCodes.test(code)) letGo();
    };
    frame?.addEventListener("keyup", onUp, true);
    return () => frame?.removeEventListener("keyup", onUp, true);
  }, [screen, letGo]);

  const chooseScale = (next: Scale) => {
    setScale(next);
    applyScale(rfb.current, next);
  };
  const hold = ({ label, key }: (typeof modifiers)[number]) => {
    const on = !held.includes(label);
    send(key, on);
    setHeld(on ? [...held, label] : held.filter((one) => one !== label));
    rfb.current?.focus();
  };
  const press = (chord: Chord) => {
    for (const key of chord.keys) send(key, true);
    for (const key of chord.keys.toReversed()) send(key, false);
    letGo();
    rfb.current?.focus();
  };
  const stroke = ({ code, keysym, shift: withShift, altGr: withAltGr }: Stroke): boolean => {
    if (!rfb.current || !now.current.mayType) return false;
    const around = [...(withShift ? [shift] : []), ...(withAltGr ? [altGr] : [])];
    for (const key of around) send(key, true);
    send({ keysym, code }, true);
    send({ keysym, code }, false);
    for (const key of around.toReversed()) send(key, false);
    return true;
  };
  const target: TypeTarget = {
    unmappable,
    parts: (text, layout) => strokesFor(text, layout).map((one) => () => stroke(one)),
    pauseMs: typePauseMs,
  };
  /** A watcher's own browser is told, too; the relay would drop what it sends. */
  const setMayType = useCallback((may: boolean) => {
    now.current.mayType = may;
    if (rfb.current) rfb.current.viewOnly = !may;
    if (!may) setHeld([]);
  }, []);
  const picture = (take: (blob: Blob) => void) =>
    rfb.current?.toBlob((blob) => (blob ? take(blob) : undefined), "image/png");
  return { attach, scale, chooseScale, held, hold, press, target, setMayType, picture, clipboard };
}

export type Graphic = ReturnType<typeof useGraphic>;
