"use client";

import dynamic from "next/dynamic";
import { useTranslations } from "next-intl";
import { useEffect, useState } from "react";
import type { InstanceDetail } from "../../lib/rows.ts";
import { useQueryState } from "../../lib/use-query-state.ts";
import { useBlocked } from "../instance/actions.tsx";
import { cn } from "../ui/class-names.ts";
import { Notice } from "../ui/notice.tsx";
import { Segments } from "../ui/segments.tsx";

const GraphicConsole = dynamic(
  () => import("./graphic-console.tsx").then((module) => module.GraphicConsole),
  { ssr: false },
);
const SerialConsole = dynamic(() => import("./serial-console.tsx").then((module) => module.SerialConsole), {
  ssr: false,
});
const screens = { graphic: GraphicConsole, serial: SerialConsole } as const;
const kinds = ["graphic", "serial"] as const;
type Kind = (typeof kinds)[number];

type Props = { projectId: string; instance: InstanceDetail; popped?: boolean };

/** Graphic or serial; the choice stands in the address. What was once looked at stays connected behind the other. */
export function ConsoleTab({ projectId, instance, popped = false }: Props) {
  const t = useTranslations("console");
  const blocked = useBlocked(projectId);
  const [wanted, setWanted] = useQueryState("console");
  const current: Kind = wanted === "serial" ? "serial" : "graphic";
  const [seen, setSeen] = useState<readonly Kind[]>([current]);
  useEffect(() => {
    setSeen((before) => (before.includes(current) ? before : [...before, current]));
  }, [current]);
  const reason = blocked("console", instance);
  if (reason) return <Notice>{reason}</Notice>;
  return (
    <div className={cn("flex flex-col gap-3", popped && "h-full gap-0")}>
      <div className={popped ? "border-b p-1" : undefined}>
        <Segments
          label={t("kind")}
          value={current}
          onChange={(value) => setWanted(value === "serial" ? "serial" : null)}
          options={kinds.map((value) => ({ value, label: t(value) }))}
        />
      </div>
      {kinds.map((kind) => {
        const Screen = screens[kind];
        if (!seen.includes(kind) && kind !== current) return null;
        return (
          <div key={kind} hidden={kind !== current} className={popped ? "min-h-0 flex-1" : undefined}>
            <Screen instance={instance} active={kind === current} popped={popped} />
          </div>
        );
      })}
    </div>
  );
}
