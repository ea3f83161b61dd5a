import { CircleCheck, CircleDashed } from "lucide-react";
import type { ReactNode } from "react";

/** Whether the network does what the row says. */
export function SettleMark({ done, children }: { done: boolean; children: ReactNode }) {
  return (
    <span className="inline-flex items-center gap-1.5 whitespace-nowrap">
      {done ? (
        <CircleCheck aria-hidden className="size-4 text-running" />
      ) : (
        <CircleDashed aria-hidden className="size-4 text-changing motion-safe:animate-pulse" />
      )}
      {children}
    </span>
  );
}
