"use client";

import { Tooltip as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { useFloatingRoot } from "./floating-root.tsx";

export function TooltipProvider({ children }: { children: ReactNode }) {
  return (
    <Radix.Provider delayDuration={350} skipDelayDuration={150}>
      {children}
    </Radix.Provider>
  );
}

export function Tooltip({ words, children }: { words: ReactNode; children: ReactNode }) {
  const container = useFloatingRoot();
  return (
    <Radix.Root>
      <Radix.Trigger asChild>{children}</Radix.Trigger>
      <Radix.Portal container={container}>
        <Radix.Content
          sideOffset={6}
          collisionPadding={8}
          className="z-60 max-w-72 rounded-control bg-text px-2 py-1 text-label text-background shadow-float"
        >
          {words}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
