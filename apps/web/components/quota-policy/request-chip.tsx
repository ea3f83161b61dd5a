"use client";

import { Inbox } from "lucide-react";
import { useTranslations } from "next-intl";
import { usePermission } from "../../lib/use-permission.ts";
import type { Area } from "../shell/navigation.ts";
import { ButtonLink } from "../ui/button.tsx";
import { Tooltip } from "../ui/tooltip.tsx";
import { useRequestStream, useWaitingRequests } from "./use-waiting.ts";

/** Tells whoever decides them, wherever he is, that quota requests wait. */
export function RequestChip({ area }: { area: Area }) {
  const t = useTranslations("nav");
  const count = useWaitingRequests();
  const decides = usePermission("quota:review", null);
  const words = t("requestsWaiting", { count });
  return (
    <>
      {decides && area.kind !== "admin" ? <Listener /> : null}
      <span role="status" className="sr-only">
        {count > 0 ? words : ""}
      </span>
      {count > 0 ? (
        <Tooltip words={words}>
          <ButtonLink href="/admin/requests" tone="quiet" size="small" className="h-8 px-2 text-admin-text">
            <Inbox aria-hidden />
            <span aria-hidden className="tabular-nums">
              {count}
            </span>
            <span className="sr-only">{words}</span>
          </ButtonLink>
        </Tooltip>
      ) : null}
    </>
  );
}

function Listener() {
  useRequestStream();
  return null;
}
