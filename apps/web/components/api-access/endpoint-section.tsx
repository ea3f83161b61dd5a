"use client";

import { useTranslations } from "next-intl";
import { CopyButton } from "../ui/copyable.tsx";
import { Skeleton } from "../ui/skeleton.tsx";

/** Where programs call, and a first call to try. */
export function EndpointSection({ url, projectId }: { url: string; projectId: string }) {
  const t = useTranslations("apiAccess");
  const endpoint = `${url}/api/trpc`;
  const lines = [
    { label: t("endpoint"), text: endpoint },
    { label: t("projectId"), text: projectId },
    { label: t("tryIt"), text: `curl -H "Authorization: Bearer $MADANG_TOKEN" ${endpoint}/account.me` },
  ];
  return (
    <section aria-label={t("endpoint")} className="flex flex-col gap-3">
      <dl className="grid gap-x-6 gap-y-2 @2xl:grid-cols-[max-content_minmax(0,1fr)]">
        {lines.map(({ label, text }) => (
          <div key={label} className="contents">
            <dt className="text-table text-muted @2xl:py-1">{label}</dt>
            <dd className="flex min-w-0 items-center gap-1">
              {url ? (
                <>
                  <code className="min-w-0 font-mono text-label break-all">{text}</code>
                  <CopyButton text={text} label={t("copyThe", { what: label })} />
                </>
              ) : (
                <Skeleton className="h-4 w-64" />
              )}
            </dd>
          </div>
        ))}
      </dl>
      <p className="max-w-[72ch] text-label text-muted">{t("honest")}</p>
    </section>
  );
}
