"use client";

import { useState } from "react";
import { nextLook } from "./rate.ts";

/** How fast `value` grows a second, smoothed; null: not known yet. `of`: what it is the value of. */
export function useRate(of: string, value: number): number | null {
  const [look, setLook] = useState(() => ({ of, value, at: performance.now(), rate: null as number | null }));
  if (of !== look.of || value !== look.value) setLook(nextLook(look, of, value, performance.now()));
  return of === look.of ? look.rate : null;
}
