"use client";

import { type RefObject, useEffect, useState } from "react";

type KeyboardLock = { lock?: () => Promise<void>; unlock?: () => void };

/** Where it exists (Chromium), the keys that a desktop keeps for itself come to the page in full screen. */
function keyboardOf(): KeyboardLock {
  const { keyboard } = navigator as Navigator & { keyboard?: KeyboardLock };
  return keyboard ?? {};
}

/** Full screen of one element, with the keyboard locked to it. */
export function useFullScreen(frame: RefObject<HTMLElement | null>): [full: boolean, toggle: () => void] {
  const [full, setFull] = useState(false);
  useEffect(() => {
    const read = () => {
      const is = document.fullscreenElement === frame.current;
      setFull(is);
      if (!is) return keyboardOf().unlock?.();
      // Refused outside of a secure page: the keys then stay with the desktop, as in a window.
      keyboardOf()
        .lock?.()
        .catch(() => undefined);
    };
    document.addEventListener("fullscreenchange", read);
    return () => document.removeEventListener("fullscreenchange", read);
  }, [frame]);
  const toggle = () => void (full ? document.exitFullscreen() : frame.current?.requestFullscreen());
  return [full, toggle];
}
