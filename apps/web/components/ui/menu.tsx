"use client";

import { Check } from "lucide-react";
import { DropdownMenu as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { cn } from "./class-names.ts";
import { useFloatingRoot } from "./floating-root.tsx";
import { floating } from "./popover.tsx";

const itemLook =
  "flex min-h-8 cursor-default items-center gap-2 rounded-[4px] px-2 py-1 text-table outline-none select-none data-highlighted:bg-sunken dark:data-highlighted:bg-line pointer-coarse:min-h-10 [&_svg]:size-4 [&_svg]:shrink-0";

export function Menu({
  trigger,
  children,
  align = "end",
  onOpenChange,
}: {
  trigger: ReactNode;
  children: ReactNode;
  align?: "start" | "end";
  onOpenChange?: (open: boolean) => void;
}) {
  const container = useFloatingRoot();
  return (
    <Radix.Root modal={false} {...(onOpenChange ? { onOpenChange } : {})}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal container={container}>
        <Radix.Content
          align={align}
          sideOffset={4}
          collisionPadding={8}
          className={cn(
            floating,
            "max-h-(--radix-dropdown-menu-content-available-height) min-w-48 max-w-80 overflow-y-auto p-1",
          )}
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

type MenuItemProps = {
  icon?: ReactNode;
  children: ReactNode;
  onSelect?: () => void;
  /** Why the item can't be chosen now; shown under its name. */
  blocked?: string | null;
  danger?: boolean;
};

export function MenuItem({ icon, children, onSelect, blocked, danger }: MenuItemProps) {
  return (
    <Radix.Item
      aria-disabled={blocked ? true : undefined}
      onSelect={blocked ? (event) => event.preventDefault() : onSelect}
      className={cn(itemLook, danger && "text-danger", blocked && "text-muted")}
    >
      {icon}
      <span className="flex min-w-0 flex-col">
        <span>{children}</span>
        {blocked ? <span className="text-label text-muted">{blocked}</span> : null}
      </span>
    </Radix.Item>
  );
}

export function MenuLink({ icon, children }: { icon?: ReactNode; children: ReactNode }) {
  return (
    <Radix.Item asChild className={itemLook}>
      {icon ? (
        <span>
          {icon}
          {children}
        </span>
      ) : (
        children
      )}
    </Radix.Item>
  );
}

type MenuChoiceProps = {
  label: string;
  value: string;
  onChange: (value: string) => void;
  options: { value: string; label: ReactNode }[];
};

export function MenuChoice({ label, value, onChange, options }: MenuChoiceProps) {
  return (
    <Radix.RadioGroup value={value} onValueChange={onChange} aria-label={label}>
      <Radix.Label className="px-2 pt-2 pb-1 text-label text-muted">{label}</Radix.Label>
      {options.map((option) => (
        <Radix.RadioItem
          key={option.value}
          value={option.value}
          onSelect={(event) => event.preventDefault()}
          className={cn(itemLook, "justify-between")}
        >
          <span className="flex items-center gap-2">{option.label}</span>
          <Radix.ItemIndicator>
            <span aria-hidden className="block size-1.5 rounded-full bg-accent" />
          </Radix.ItemIndicator>
        </Radix.RadioItem>
      ))}
    </Radix.RadioGroup>
  );
}

type MenuCheckProps = {
  checked: boolean;
  onChange: (checked: boolean) => void;
  children: ReactNode;
  /** In a few words beside the name. */
  hint?: string | null;
};

/** Stays open, so that several can be set at once. */
export function MenuCheck({ checked, onChange, children, hint }: MenuCheckProps) {
  return (
    <Radix.CheckboxItem
      checked={checked}
      onCheckedChange={onChange}
      onSelect={(event) => event.preventDefault()}
      className={itemLook}
    >
      <span aria-hidden className="grid size-4 place-items-center rounded-[4px] border border-line-strong">
        {checked ? <Check className="size-3! text-accent" /> : null}
      </span>
      <span className="min-w-0">{children}</span>
      {hint ? <span className="ml-auto pl-3 text-label text-muted">{hint}</span> : null}
    </Radix.CheckboxItem>
  );
}

export function MenuLabel({ children }: { children: ReactNode }) {
  return <Radix.Label className="px-2 pt-2 pb-1 text-label text-muted">{children}</Radix.Label>;
}

export function MenuSeparator() {
  return <Radix.Separator className="my-1 h-px bg-line" />;
}
