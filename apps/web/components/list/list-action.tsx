"use client";

import { type LucideIcon, Plus } from "lucide-react";
import { Button, ButtonLink } from "../ui/button.tsx";

/** What makes one more: `onClick` or `href` does it, `blocked` says why it can't be done. */
export type ListAction = {
  word: string;
  icon?: LucideIcon;
  tone?: "primary" | "plain";
  blocked?: string | null;
} & ({ onClick: () => void } | { href: string });

export function ActionButton({ action }: { action: ListAction }) {
  const { word, icon: Icon = Plus, tone = "primary", blocked } = action;
  const inside = (
    <>
      <Icon aria-hidden />
      {word}
    </>
  );
  if ("onClick" in action)
    return (
      <Button tone={tone} blocked={blocked ?? null} onClick={action.onClick}>
        {inside}
      </Button>
    );
  if (blocked)
    return (
      <Button tone={tone} blocked={blocked}>
        {inside}
      </Button>
    );
  return (
    <ButtonLink tone={tone} href={action.href}>
      {inside}
    </ButtonLink>
  );
}
