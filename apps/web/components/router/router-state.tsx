"use client";

import { CircleCheck, CircleDashed } from "lucide-react";
import { useTranslations } from "next-intl";
import type { RouterRow } from "../../lib/rows.ts";

type Realised = Pick<RouterRow, "generation" | "realisedGeneration">;

export function isBeingSetUp({ generation, realisedGeneration }: Realised): boolean {
  return realisedGeneration < generation;
}

/** Whether the network does what the row says. */
export function RouterState({ router }: { router: Realised }) {
  const t = useTranslations("routers.states");
  const done = !isBeingSetUp(router);
  return (
    <span className="inline-flex items-center gap-1.5 whitespace-nowrap">
      {done ? (
        <CircleCheck aria-hidden className="size-4 text-running" />
      ) : (
        <CircleDashed aria-hidden className="size-4 text-changing motion-safe:animate-pulse" />
      )}
      {t(done ? "ACTIVE" : "BUILD")}
    </span>
  );
}
