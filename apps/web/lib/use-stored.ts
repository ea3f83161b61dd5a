"use client";

import { useCallback, useRef, useSyncExternalStore } from "react";
import type { z } from "zod";
import { readStored, writeStored } from "./stored.ts";

const changed = "madang-stored";

function subscribe(listener: () => void): () => void {
  window.addEventListener("storage", listener);
  window.addEventListener(changed, listener);
  return () => {
    window.removeEventListener("storage", listener);
    window.removeEventListener(changed, listener);
  };
}

/** A plain value kept in this browser, the same in every tab as soon as one of them changes it. */
export function useStored<T extends string | number | boolean>(
  key: string,
  schema: z.ZodType<T>,
): [T | null, (value: T | null) => void] {
  const shape = useRef(schema);
  const value = useSyncExternalStore(
    subscribe,
    () => readStored(key, shape.current),
    () => null,
  );
  const write = useCallback(
    (next: T | null) => {
      writeStored(key, next);
      // The browser tells other tabs by itself, but not this one.
      window.dispatchEvent(new Event(changed));
    },
    [key],
  );
  return [value, write];
}
