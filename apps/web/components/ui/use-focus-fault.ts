"use client";

import { type RefObject, useEffect, useRef } from "react";

/**
 * As the `ref` of a form: when one of `faults` is found anew, the first field that is wrong is brought into sight. null and
 * undefined are no fault, so that whoever is typing one away stays where he is.
 */
export function useFocusFault(...faults: unknown[]): RefObject<HTMLFormElement | null> {
  const form = useRef<HTMLFormElement>(null);
  const before = useRef(faults);
  useEffect(() => {
    const found = faults.some((one, index) => one !== before.current[index] && one != null);
    before.current = faults;
    if (found) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  });
  return form;
}
