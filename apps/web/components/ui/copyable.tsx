"use client";

import { Check, Copy } from "lucide-react";
import { useTranslations } from "next-intl";
import { useEffect, useState } from "react";
import { IconButton } from "./button.tsx";
import { cn } from "./class-names.ts";

const shownMs = 1600;

/** Copies over plain HTTP too, where browsers withhold the clipboard API. */
async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

export function CopyButton({ text, label }: { text: string; label: string }) {
  const t = useTranslations("common");
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), shownMs);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <IconButton
      label={copied ? t("copied") : label}
      size="iconSmall"
      className="-my-1"
      onClick={() => copyText(text).then(() => setCopied(true))}
    >
      {copied ? (
        <Check aria-hidden className="size-3.5 text-running" />
      ) : (
        <Copy aria-hidden className="size-3.5 text-muted" />
      )}
    </IconButton>
  );
}

/** An id, short unless `whole`, with its whole text on hover and a copy button. */
export function CopyableId({
  id,
  what,
  whole,
  className,
}: {
  id: string;
  what: string;
  whole?: boolean;
  className?: string;
}) {
  const t = useTranslations("common");
  return (
    <span className={cn("inline-flex min-w-0 items-center gap-0.5", className)}>
      <code title={id} className={cn("font-mono text-label", whole && "break-all")}>
        {whole ? id : id.slice(0, 8)}
      </code>
      <CopyButton text={id} label={t("copyThe", { what })} />
    </span>
  );
}
