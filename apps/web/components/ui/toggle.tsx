"use client";

import { Switch as Radix } from "radix-ui";
import { type ReactNode, useId } from "react";

type ToggleProps = {
  label: ReactNode;
  help?: ReactNode;
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
};

export function Toggle({ label, help, checked, onChange, disabled }: ToggleProps) {
  const id = useId();
  return (
    <div className="flex items-start gap-3">
      <Radix.Root
        id={id}
        checked={checked}
        disabled={disabled}
        onCheckedChange={onChange}
        aria-describedby={help ? `${id}-help` : undefined}
        className="mt-px h-5 w-9 shrink-0 rounded-full border border-transparent bg-line-strong p-px transition-colors duration-150 data-[state=checked]:bg-accent disabled:opacity-50"
      >
        <Radix.Thumb className="block size-4 rounded-full bg-surface transition-transform duration-150 data-[state=checked]:translate-x-4" />
      </Radix.Root>
      <div>
        <label htmlFor={id} className="text-table font-medium">
          {label}
        </label>
        {help ? (
          <p id={`${id}-help`} className="text-label text-muted">
            {help}
          </p>
        ) : null}
      </div>
    </div>
  );
}
