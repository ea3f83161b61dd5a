import { cn } from "./class-names.ts";

export function Skeleton({ className }: { className?: string }) {
  return <span aria-hidden className={cn("skeleton block h-3.5", className)} />;
}

export function SkeletonLines({ count, label }: { count: number; label: string }) {
  const widths = ["w-2/3", "w-1/2", "w-3/4", "w-2/5"];
  return (
    <div role="status" aria-label={label} className="flex flex-col gap-4 py-2">
      {Array.from({ length: count }, (_, index) => (
        <Skeleton key={index} className={widths[index % widths.length]} />
      ))}
    </div>
  );
}
