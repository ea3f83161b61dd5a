"use client";

import { cva, type VariantProps } from "class-variance-authority";
import Link from "next/link";
import type { ComponentProps, ReactNode } from "react";
import { cn } from "./class-names.ts";
import { Tooltip } from "./tooltip.tsx";

const look = cva(
  "inline-flex shrink-0 items-center justify-center gap-1.5 rounded-control border font-medium whitespace-nowrap transition-colors duration-150 select-none aria-disabled:cursor-not-allowed aria-disabled:opacity-50 disabled:cursor-not-allowed disabled:opacity-50 [&_svg]:shrink-0 [&_svg:not([class*=size-])]:size-4",
  {
    variants: {
      tone: {
        primary: "border-transparent bg-accent text-accent-text not-aria-disabled:hover:bg-accent-hover",
        plain: "border-line bg-surface text-text not-aria-disabled:hover:border-line-strong",
        quiet:
          "border-transparent bg-transparent text-text not-aria-disabled:hover:bg-sunken dark:not-aria-disabled:hover:bg-raised",
        danger: "border-transparent bg-danger text-accent-text not-aria-disabled:hover:bg-danger-hover",
        dangerQuiet: "border-line bg-surface text-danger not-aria-disabled:hover:border-danger",
      },
      size: {
        regular: "h-8 px-3 text-table pointer-coarse:h-9",
        small: "h-7 px-2 text-label pointer-coarse:h-9",
        icon: "size-8 p-0 pointer-coarse:size-9",
        iconSmall: "size-7 p-0 pointer-coarse:size-9",
      },
    },
    defaultVariants: { tone: "plain", size: "regular" },
  },
);

type Look = VariantProps<typeof look>;
type ButtonProps = ComponentProps<"button"> & Look & { blocked?: string | null; hint?: ReactNode };

/** `blocked` disables the button with a reason that hovering or focusing it tells; the button stays reachable. */
export function Button({
  tone,
  size,
  className,
  blocked,
  hint,
  onClick,
  type = "button",
  ...rest
}: ButtonProps) {
  const button = (
    <button
      {...rest}
      type={blocked && type === "submit" ? "button" : type}
      aria-disabled={blocked ? true : undefined}
      onClick={blocked ? (event) => event.preventDefault() : onClick}
      className={cn(look({ tone, size }), className)}
    />
  );
  const words = blocked ?? hint;
  return words ? <Tooltip words={words}>{button}</Tooltip> : button;
}

type IconButtonProps = Omit<ButtonProps, "hint" | "aria-label"> & { label: string };

/** An icon with its word as accessible name and tooltip. */
export function IconButton({ label, blocked, size = "icon", tone = "quiet", ...rest }: IconButtonProps) {
  return (
    <Button
      {...rest}
      size={size}
      tone={tone}
      aria-label={label}
      blocked={blocked ? `${label} · ${blocked}` : null}
      hint={label}
    />
  );
}

export function ButtonLink({ tone, size, className, ...rest }: ComponentProps<typeof Link> & Look) {
  return <Link {...rest} className={cn(look({ tone, size }), className)} />;
}
