"use client";

import { type ReactNode, useRef } from "react";

/** Fades once when `value` differs from what was first shown. */
export function Fresh({ value, children }: { value: string | number | boolean | null; children: ReactNode }) {
  const first = useRef(value);
  const changed = useRef(false);
  if (value !== first.current) changed.current = true;
  return (
    <span key={String(value)} className={changed.current ? "fresh" : undefined}>
      {children}
    </span>
  );
}
