"use client";

import { Search, X } from "lucide-react";
import { useTranslations } from "next-intl";
import { useEffect, useState } from "react";
import { IconButton } from "./button.tsx";
import { Input } from "./input.tsx";

type TextFilterProps = {
  text: string;
  label: string;
  placeholder?: string;
  onText: (text: string | null) => void;
};

const typingMs = 250;

/** What is typed goes into the address when the typing rests. */
export function TextFilter({ text, label, placeholder = label, onText }: TextFilterProps) {
  const t = useTranslations("common");
  const [typed, setTyped] = useState(text);
  useEffect(() => setTyped(text), [text]);
  useEffect(() => {
    if (typed === text) return;
    const timer = setTimeout(() => onText(typed.trim() || null), typingMs);
    return () => clearTimeout(timer);
  }, [typed, text, onText]);
  return (
    <div className="relative w-full sm:w-80">
      <Search
        aria-hidden
        className="pointer-events-none absolute top-1/2 left-2.5 size-4 -translate-y-1/2 text-muted"
      />
      <Input
        type="text"
        inputMode="search"
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        placeholder={placeholder}
        aria-label={label}
        className="px-8"
      />
      {typed ? (
        <IconButton
          label={t("clearText")}
          size="iconSmall"
          className="absolute top-1/2 right-0.5 -translate-y-1/2"
          onClick={() => setTyped("")}
        >
          <X aria-hidden />
        </IconButton>
      ) : null}
    </div>
  );
}
