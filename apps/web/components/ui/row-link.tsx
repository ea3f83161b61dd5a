"use client";

import Link from "next/link";
import { type ComponentProps, useState } from "react";

/**
 * A link of a row. Its page is fetched beforehand when the pointer or the focus comes to it, not because it is in sight: a list
 * that is scrolled through would ask for hundreds.
 */
export function RowLink({ onPointerEnter, onFocus, ...rest }: ComponentProps<typeof Link>) {
  const [near, setNear] = useState(false);
  return (
    <Link
      {...rest}
      prefetch={near ? null : false}
      onPointerEnter={(event) => {
        setNear(true);
        onPointerEnter?.(event);
      }}
      onFocus={(event) => {
        setNear(true);
        onFocus?.(event);
      }}
    />
  );
}
