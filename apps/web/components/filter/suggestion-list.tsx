"use client";

import { cn } from "../ui/class-names.ts";
import { floating } from "../ui/popover.tsx";

export type Offer = { key: string; text: string; about: string };

type SuggestionListProps = {
  id: string;
  label: string;
  offers: readonly Offer[];
  marked: number;
  onTake: (index: number) => void;
};

export const offerId = (id: string, index: number) => `${id}-${index}`;

/** Below the box; the focus stays in the box, which says which one is marked. */
export function SuggestionList({ id, label, offers, marked, onTake }: SuggestionListProps) {
  return (
    <div
      id={id}
      role="listbox"
      aria-label={label}
      tabIndex={-1}
      hidden={offers.length === 0}
      className={cn(floating, "absolute top-full right-0 left-0 mt-1 max-h-72 overflow-y-auto p-1")}
    >
      {offers.map(({ key, text, about }, index) => (
        <div
          key={key}
          id={offerId(id, index)}
          role="option"
          tabIndex={-1}
          aria-selected={index === marked}
          // A press would take the focus from the box before it is a click.
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => onTake(index)}
          onKeyDown={(event) => event.key === "Enter" && onTake(index)}
          className={cn(
            "flex min-h-8 cursor-pointer items-center justify-between gap-3 rounded-[4px] px-2 py-1 text-table pointer-coarse:min-h-10",
            index === marked ? "bg-sunken dark:bg-line" : "hover:bg-sunken dark:hover:bg-line",
          )}
        >
          <span className="truncate font-mono">{text}</span>
          <span className="shrink-0 text-label text-muted">{about}</span>
        </div>
      ))}
    </div>
  );
}
