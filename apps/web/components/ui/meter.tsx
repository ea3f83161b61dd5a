import { cn } from "./class-names.ts";

type MeterProps = {
  label: string;
  words: string;
  used: number;
  asked?: number;
  limit: number;
  className?: string;
};

/** One thin bar: used solid, this request striped, the rest free. A limit below zero is none. */
export function Meter({ label, words, used, asked = 0, limit, className }: MeterProps) {
  const whole = Math.max(limit < 0 ? used + asked : limit, used + asked, 1);
  const over = limit >= 0 && used + asked > limit;
  return (
    <div className={cn("flex flex-col gap-1", className)}>
      <div className="flex flex-wrap items-baseline justify-between gap-x-3">
        <span className="text-table font-medium">{label}</span>
        <span className={cn("text-label tabular-nums", over ? "text-danger" : "text-muted")}>{words}</span>
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: a <meter> can't show two parts, used and asked. */}
      <div
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={whole}
        aria-valuenow={used + asked}
        aria-valuetext={words}
        className="flex h-1.5 overflow-hidden rounded-full bg-line"
      >
        <div
          className={cn("h-full transition-[width] duration-200", over ? "bg-danger" : "bg-accent")}
          style={{ width: `${(used / whole) * 100}%` }}
        />
        <div
          className={cn(
            "striped h-full transition-[width] duration-200",
            over ? "text-danger" : "text-accent",
          )}
          style={{ width: `${(asked / whole) * 100}%` }}
        />
      </div>
    </div>
  );
}
