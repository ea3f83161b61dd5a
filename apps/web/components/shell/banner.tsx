import type { ReactNode } from "react";
import { cn } from "../ui/class-names.ts";

/** One line over the whole width. */
export function Banner({ icon, tone, children }: { icon: ReactNode; tone: string; children: ReactNode }) {
  return (
    <div
      className={cn(
        "flex items-start gap-2 border-b px-4 py-1.5 text-label md:px-6 [&_svg]:mt-px [&_svg]:size-3.5 [&_svg]:shrink-0",
        tone,
      )}
    >
      {icon}
      <div>{children}</div>
    </div>
  );
}
