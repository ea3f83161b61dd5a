"use client";

import { useTranslations } from "next-intl";
import { ButtonLink } from "../ui/button.tsx";
import { CopyButton } from "../ui/copyable.tsx";
import { Notice } from "../ui/notice.tsx";
import type { Launched } from "./use-launch.ts";

/** The password, this once: afterwards only its hash exists. */
export function LaunchedPanel({ projectId, launched }: { projectId: string; launched: Launched }) {
  const t = useTranslations("launch.launched");
  const list = `/p/${projectId}/instances`;
  const [only] = launched.ids;
  return (
    <div role="status" className="flex max-w-xl flex-col gap-4">
      <h2 className="text-lead font-semibold">{t("title", { count: launched.ids.length })}</h2>
      <Notice tone="warning" title={t("password")}>
        {t("once")}
      </Notice>
      <p className="flex items-center justify-between gap-2 rounded-control border bg-surface px-3 py-2">
        <code className="min-w-0 font-mono text-body break-all">{launched.password}</code>
        <CopyButton text={launched.password} label={t("copy")} />
      </p>
      <div>
        <ButtonLink tone="primary" href={launched.ids.length === 1 ? `${list}/${only}` : list}>
          {t("go", { count: launched.ids.length })}
        </ButtonLink>
      </div>
    </div>
  );
}
