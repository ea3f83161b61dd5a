"use client";

/** Whether the palette or the list of keys is open in this tab. */
import { useSyncExternalStore } from "react";

export type Overlay = "palette" | "keys" | null;

let overlay: Overlay = null;
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function showOverlay(next: Overlay): void {
  overlay = next;
  for (const listener of listeners) listener();
}

export function useOverlay(): Overlay {
  return useSyncExternalStore(
    subscribe,
    () => overlay,
    () => null,
  );
}
