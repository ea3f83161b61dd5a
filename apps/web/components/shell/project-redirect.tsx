"use client";

import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useEffect } from "react";
import { z } from "zod";
import { readStored } from "../../lib/stored.ts";
import { useMe } from "../../lib/use-me.ts";
import { ButtonLink } from "../ui/button.tsx";
import { EmptyState, YardDrawing } from "../ui/empty-state.tsx";
import { SkeletonLines } from "../ui/skeleton.tsx";
import { Shell } from "./shell.tsx";

export const lastProjectKey = "madang-last-project";

/** Goes to the project used last in this browser, else to the first. */
export function ProjectRedirect() {
  const t = useTranslations("noProject");
  const tCommon = useTranslations("common");
  const me = useMe();
  const router = useRouter();
  const last = readStored(lastProjectKey, z.string());
  const target = me.projects.find((project) => project.id === last) ?? me.projects[0];
  useEffect(() => {
    if (target) router.replace(`/p/${target.id}`);
  }, [target, router]);
  return (
    <Shell area={{ kind: "account", projectId: target?.id ?? null }}>
      {target ? (
        <div className="p-6">
          <SkeletonLines count={5} label={tCommon("loading")} />
        </div>
      ) : (
        <EmptyState heading="h1" drawing={<YardDrawing />} title={t("title")} about={t("about")}>
          {me.isAdmin ? (
            <ButtonLink href="/admin" tone="primary">
              {t("administration")}
            </ButtonLink>
          ) : null}
        </EmptyState>
      )}
    </Shell>
  );
}
