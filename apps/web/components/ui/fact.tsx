import type { ReactNode } from "react";

/** One line of what is known of something; goes into a `dl`. */
export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="grid grid-cols-[9rem_minmax(0,1fr)] items-baseline gap-3 border-b py-1.5 last:border-b-0 max-sm:grid-cols-1 max-sm:gap-0">
      <dt className="text-label text-muted">{name}</dt>
      <dd className="min-w-0 text-table">{children}</dd>
    </div>
  );
}
