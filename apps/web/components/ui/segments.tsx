"use client";

import { ToggleGroup } from "radix-ui";

type SegmentsProps = {
  label: string;
  value: string;
  onChange: (value: string) => void;
  disabled?: boolean;
  options: { value: string; label: string }[];
};

/** One of a few, side by side. */
export function Segments({ label, value, onChange, disabled, options }: SegmentsProps) {
  return (
    <ToggleGroup.Root
      type="single"
      aria-label={label}
      value={value}
      disabled={disabled}
      onValueChange={(next) => (next ? onChange(next) : undefined)}
      className="inline-flex w-fit max-w-full flex-wrap rounded-control border bg-sunken p-0.5 data-disabled:opacity-50"
    >
      {options.map((option) => (
        <ToggleGroup.Item
          key={option.value}
          value={option.value}
          className="h-7 rounded-[4px] px-3 text-label font-medium text-muted transition-colors duration-150 hover:text-text data-[state=on]:bg-surface data-[state=on]:text-text data-[state=on]:shadow-sm dark:data-[state=on]:bg-raised pointer-coarse:h-9"
        >
          {option.label}
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  );
}
