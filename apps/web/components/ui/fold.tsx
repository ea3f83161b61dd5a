"use client";

import { ChevronRight } from "lucide-react";
import { type ReactNode, useState } from "react";
import { cn } from "./class-names.ts";

type FoldProps = {
  title: string;
  /** What is set inside, in a word. */
  note: string;
  startsOpen?: boolean;
  /** Something in it is wrong: it can't be folded away. */
  faulty?: boolean;
  children: ReactNode;
};

/** What few need, folded. */
export function Fold({ title, note, startsOpen = false, faulty = false, children }: FoldProps) {
  const [open, setOpen] = useState(startsOpen);
  const shown = open || faulty;
  return (
    <div className="flex flex-col gap-4">
      <button
        type="button"
        aria-expanded={shown}
        onClick={() => setOpen(!shown)}
        className="flex flex-wrap items-center gap-x-1.5 text-left text-table font-medium"
      >
        <ChevronRight
          aria-hidden
          className={cn("size-4 text-muted transition-transform duration-150", shown && "rotate-90")}
        />
        {title}
        <span className="font-normal text-muted">{note}</span>
      </button>
      {shown ? children : null}
    </div>
  );
}
