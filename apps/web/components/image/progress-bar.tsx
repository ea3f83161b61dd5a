type ProgressBarProps = { label: string; percent: number };

export function ProgressBar({ label, percent }: ProgressBarProps) {
  return (
    <span
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      className="block h-1.5 overflow-hidden rounded-full bg-line"
    >
      <span
        className="block h-full bg-accent transition-[width] duration-200"
        style={{ width: `${percent}%` }}
      />
    </span>
  );
}
