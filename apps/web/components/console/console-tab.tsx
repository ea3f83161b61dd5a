"use client";

import dynamic from "next/dynamic";
import { useTranslations } from "next-intl";
import type { InstanceDetail } from "../../lib/rows.ts";
import { useQueryState } from "../../lib/use-query-state.ts";
import { useBlocked } from "../instance/actions.tsx";
import { Notice } from "../ui/notice.tsx";
import { Segments } from "../ui/segments.tsx";

const GraphicConsole = dynamic(
  () => import("./graphic-console.tsx").then((module) => module.GraphicConsole),
  { ssr: false },
);
const SerialConsole = dynamic(() => import("./serial-console.tsx").then((module) => module.SerialConsole), {
  ssr: false,
});

/** Graphic or serial; the choice stands in the address. */
export function ConsoleTab({ projectId, instance }: { projectId: string; instance: InstanceDetail }) {
  const t = useTranslations("console");
  const blocked = useBlocked(projectId);
  const [kind, setKind] = useQueryState("console");
  const reason = blocked("console", instance);
  if (reason) return <Notice>{reason}</Notice>;
  const current = kind === "serial" ? "serial" : "graphic";
  return (
    <div className="flex flex-col gap-3">
      <Segments
        label={t("kind")}
        value={current}
        onChange={(value) => setKind(value === "serial" ? "serial" : null)}
        options={[
          { value: "graphic", label: t("graphic") },
          { value: "serial", label: t("serial") },
        ]}
      />
      {current === "serial" ? (
        <SerialConsole projectId={projectId} instance={instance} />
      ) : (
        <GraphicConsole projectId={projectId} instance={instance} />
      )}
    </div>
  );
}
