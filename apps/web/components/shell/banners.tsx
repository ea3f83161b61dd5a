"use client";

import { useQuery } from "@tanstack/react-query";
import { FlaskConical, Trash2 } from "lucide-react";
import { useTranslations } from "next-intl";
import { useTRPC } from "../../lib/trpc.ts";
import { useMe } from "../../lib/use-me.ts";
import { Banner } from "./banner.tsx";
import type { Area } from "./navigation.ts";
import { ReachBanner } from "./reach-banner.tsx";

/** What holds for all that is on the page now: out of reach, simulated hypervisors, a project that ends. */
export function Banners({ area }: { area: Area }) {
  const t = useTranslations("banners");
  const trpc = useTRPC();
  const info = useQuery(trpc.system.info.queryOptions(undefined, { staleTime: 60_000 }));
  const { projects } = useMe();
  const ending =
    area.kind === "project" && projects.some(({ id, ending }) => ending && id === area.projectId);
  return (
    <section aria-label={t("label")}>
      <ReachBanner />
      {ending ? (
        <Banner icon={<Trash2 aria-hidden className="text-danger" />} tone="bg-danger-soft">
          {t("projectEnding")}
        </Banner>
      ) : null}
      {info.data?.simulated ? (
        <Banner icon={<FlaskConical aria-hidden className="text-changing" />} tone="bg-changing-soft">
          {t("simulated")}
        </Banner>
      ) : null}
    </section>
  );
}
