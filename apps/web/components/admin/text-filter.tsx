"use client";

import { Search } from "lucide-react";
import { useEffect, useState } from "react";
import { Input } from "../ui/input.tsx";

type TextFilterProps = { text: string; label: string; onText: (text: string | null) => void };

const typingMs = 250;

/** What is typed goes into the address when the typing rests. */
export function TextFilter({ text, label, onText }: TextFilterProps) {
  const [typed, setTyped] = useState(text);
  useEffect(() => setTyped(text), [text]);
  useEffect(() => {
    if (typed === text) return;
    const timer = setTimeout(() => onText(typed.trim() || null), typingMs);
    return () => clearTimeout(timer);
  }, [typed, text, onText]);
  return (
    <search className="relative w-full sm:w-72">
      <Search
        aria-hidden
        className="pointer-events-none absolute top-1/2 left-2.5 size-4 -translate-y-1/2 text-muted"
      />
      <Input
        type="text"
        inputMode="search"
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        placeholder={label}
        aria-label={label}
        className="pl-8"
      />
    </search>
  );
}
