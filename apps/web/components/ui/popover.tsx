"use client";

import { Popover as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { cn } from "./class-names.ts";

export const floating =
  "z-50 rounded-surface border bg-raised text-text shadow-float duration-150 data-[state=open]:animate-in data-[state=open]:fade-in";

type PopoverProps = {
  trigger: ReactNode;
  label: string;
  children: ReactNode;
  className?: string;
  /** Which edge of the trigger it keeps to. */
  align?: "start" | "end";
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
  /** To be read rather than worked: it takes the focus itself, not its first button. */
  reading?: boolean;
};

function focusWhole(event: Event): void {
  event.preventDefault();
  if (event.currentTarget instanceof HTMLElement) event.currentTarget.focus();
}

export function Popover(props: PopoverProps) {
  const { trigger, label, children, className, align = "end", reading } = props;
  const controlled = props.open === undefined ? {} : { open: props.open, onOpenChange: props.onOpenChange };
  return (
    <Radix.Root {...controlled}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          aria-label={label}
          align={align}
          {...(reading ? { onOpenAutoFocus: focusWhole } : {})}
          sideOffset={4}
          collisionPadding={8}
          className={cn(
            floating,
            "outline-none max-h-(--radix-popover-content-available-height) w-[min(24rem,calc(100vw-1rem))] overflow-y-auto",
            className,
          )}
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
