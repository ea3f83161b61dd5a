"use client";

import { Activity } from "lucide-react";
import { useTranslations } from "next-intl";
import { ButtonLink } from "../ui/button.tsx";
import type { ShownOperation } from "./use-operations.ts";

/** What can be done about a piece of work. */
export function OperationActions({ operation }: { operation: ShownOperation }) {
  return (
    <div className="flex flex-wrap gap-1.5">
      <TrailLink operation={operation} />
    </div>
  );
}

/** To what the trail says of the same request. */
function TrailLink({ operation: { projectId, requestId } }: { operation: ShownOperation }) {
  const t = useTranslations("operations");
  const page = projectId === null ? "/admin/audit" : `/p/${projectId}/activity`;
  return (
    <ButtonLink href={`${page}?requestId=${encodeURIComponent(requestId)}`} size="small">
      <Activity aria-hidden />
      {t("trail")}
    </ButtonLink>
  );
}
