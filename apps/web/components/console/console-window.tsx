"use client";

import dynamic from "next/dynamic";
import { useTranslations } from "next-intl";
import { useEffect } from "react";
import { failureOf } from "../../lib/failure.ts";
import { useInstance } from "../instance/use-instance.ts";
import { Missing } from "../shell/missing.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { FloatingRoot } from "../ui/floating-root.tsx";
import { SkeletonLines } from "../ui/skeleton.tsx";

const ConsoleTab = dynamic(() => import("./console-tab.tsx").then((module) => module.ConsoleTab), {
  ssr: false,
});

/** A console in a window of its own: nothing of the portal around it. */
export function ConsoleWindow({ projectId, id }: { projectId: string; id: string }) {
  const t = useTranslations();
  const instance = useInstance(projectId, id);
  const name = instance.data?.name;
  const title = name ? t("console.windowTitle", { name }) : null;
  useEffect(() => {
    if (title) document.title = title;
  }, [title]);
  const failure = instance.error ? failureOf(instance.error) : null;
  if (failure?.error.code === "NotFound" || failure?.error.code === "InvalidInput")
    return <Missing what="instance" />;
  return (
    <>
      <main className="h-dvh">
        <h1 className="sr-only">{title}</h1>
        {instance.isPending ? <SkeletonLines count={8} label={t("common.loading")} /> : null}
        {failure && !instance.data ? (
          <FailureNotice failure={failure} onRetry={() => instance.refetch()} />
        ) : null}
        {instance.data ? <ConsoleTab projectId={projectId} instance={instance.data} popped /> : null}
      </main>
      <FloatingRoot />
    </>
  );
}
