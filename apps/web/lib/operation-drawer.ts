"use client";

/** Whether the operations drawer is open in this tab, and at which operation: the address names it, so it can be sent. */
import { useSearchParams } from "next/navigation";
import { useSyncExternalStore } from "react";

export const operationParam = "operation";
const key = "madang-operations-open";
const listeners = new Set<() => void>();
/** Who had the focus when it was opened, and gets it back. */
let opener: HTMLElement | null = null;
let wantsFocus = false;
let isOpen: boolean | null = null;

function read(): boolean {
  try {
    isOpen ??= sessionStorage.getItem(key) === "1";
  } catch {
    isOpen = false;
  }
  return isOpen;
}

function write(value: boolean): void {
  isOpen = value;
  try {
    sessionStorage.setItem(key, value ? "1" : "0");
  } catch {
    // Forbidden storage: it is then shut after a reload.
  }
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function nameInAddress(id: string | null): void {
  const next = new URLSearchParams(location.search);
  if (id === null) next.delete(operationParam);
  else next.set(operationParam, id);
  const query = next.toString();
  // Next follows the history API, and asks the server for nothing.
  window.history.replaceState(null, "", query ? `${location.pathname}?${query}` : location.pathname);
}

function remember(): void {
  const active = document.activeElement;
  if (!read() && active instanceof HTMLElement) opener = active;
  wantsFocus = true;
}

/** Opens the drawer with the focus in it. */
export function openDrawer(): void {
  remember();
  write(true);
}

/** Opens the drawer at one operation. */
export function openOperation(id: string): void {
  remember();
  nameInAddress(id);
  write(true);
}

/** Back from one operation to all of them. */
export function leaveOperation(): void {
  wantsFocus = true;
  nameInAddress(null);
  write(true);
}

/** Shuts it; the focus goes back to where it came from, else to the chip in the top bar. */
export function closeDrawer(): void {
  nameInAddress(null);
  write(false);
  const back = opener?.isConnected ? opener : document.querySelector<HTMLElement>("[data-operations-chip]");
  opener = null;
  back?.focus();
}

/** True once after each opening by hand: what opens with the page takes nobody's focus. */
export function takeFocusWish(): boolean {
  const wished = wantsFocus;
  wantsFocus = false;
  return wished;
}

export function useDrawer(): { open: boolean; operationId: string | null } {
  const operationId = useSearchParams().get(operationParam);
  const open = useSyncExternalStore(subscribe, read, () => false);
  return { open: open || operationId !== null, operationId };
}
