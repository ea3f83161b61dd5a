"use client";

import { publicError } from "@madang/core/errors";
import { useTranslations } from "next-intl";
import { toast } from "sonner";
import { z } from "zod";
import { errorText, remedyText, type Translate } from "../../lib/error-text.ts";

const refused = z.object({ cloud: publicError });

/** Takes a file of ours, or says why not: the browser would open the refusal as a page. One byte is asked for first. */
export function useDownload(href: string): () => Promise<void> {
  const t: Translate = useTranslations();
  return async () => {
    const answer = await fetch(href, { headers: { range: "bytes=0-0" } }).catch(() => null);
    if (answer?.ok) return window.location.assign(href);
    const { cloud } = refused.safeParse(await answer?.json().catch(() => null)).data ?? {};
    const error = cloud ?? {
      code: "Unavailable",
      reason: "unreachable",
      message: "",
      retry: "later" as const,
    };
    toast.error(errorText(t, error), { description: remedyText(t, error) });
  };
}
