import type { Role } from "@madang/core/identity/permission";
import type { ReactNode } from "react";
import { cn } from "../ui/class-names.ts";

/** A role as it is called; `children`: where it comes from. */
export function RoleBadge({ role, title, children }: { role: Role; title?: string; children?: ReactNode }) {
  return (
    <span
      title={title}
      className={cn(
        "inline-flex max-w-full items-baseline gap-1 rounded-full border px-2 py-px text-label",
        children && "border-dashed text-muted",
      )}
    >
      <code className="shrink-0 font-mono whitespace-nowrap">{role}</code>
      {children ? <span className="min-w-0 truncate">{children}</span> : null}
    </span>
  );
}
