"use client";

import { useTranslations } from "next-intl";
import type { RouterRow } from "../../lib/rows.ts";
import { SettleMark } from "../network/settle-mark.tsx";

type Realised = Pick<RouterRow, "generation" | "realisedGeneration">;

export function isBeingSetUp({ generation, realisedGeneration }: Realised): boolean {
  return realisedGeneration < generation;
}

export function RouterState({ router }: { router: Realised }) {
  const t = useTranslations("routers.states");
  const done = !isBeingSetUp(router);
  return <SettleMark done={done}>{t(done ? "ACTIVE" : "BUILD")}</SettleMark>;
}
