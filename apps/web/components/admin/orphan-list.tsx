"use client";

import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { sizeText } from "../../lib/amount.ts";
import { errorText, type Translate } from "../../lib/error-text.ts";
import type { HypervisorRow, OrphanRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { MoreRows } from "../list/more-rows.tsx";
import { Moment } from "../timeline/moment.tsx";
import { Button } from "../ui/button.tsx";
import { CopyableId } from "../ui/copyable.tsx";
import { Notice } from "../ui/notice.tsx";
import { AdoptDialog } from "./adopt-dialog.tsx";
import { DestroyDialog } from "./destroy-dialog.tsx";

const pageSize = 20;
/** As often as their hypervisor's row. */
const refreshMs = 5_000;

type Asked = { what: "adopt" | "destroy"; orphan: OrphanRow };

/** Guests that a hypervisor has and no instance names: shown, left alone, and decided on by hand. */
export function OrphanList({ hypervisor }: { hypervisor: HypervisorRow }) {
  const t = useTranslations("admin.orphans");
  const [asked, setAsked] = useState<Asked | null>(null);
  const close = () => setAsked(null);
  const orphan = asked?.orphan;
  const { orphanCount } = hypervisor;
  const { rows, query } = useOrphans(hypervisor);
  if (orphanCount === 0 && !orphan) return null;
  return (
    <Notice tone="warning" title={t("title", { count: orphanCount })}>
      <p className="max-w-3xl">{t("about")}</p>
      <ul className="mt-2 flex flex-col divide-y divide-changing/25 border-t border-changing/25 [&>li:last-child]:pb-0">
        {rows.map((one) => (
          <OrphanLine
            key={one.guestId}
            orphan={one}
            onAsk={(what) => setAsked({ what, orphan: one })}
            isRevoked={hypervisor.state === "revoked"}
          />
        ))}
      </ul>
      <MoreRows query={query} shown={rows.length} total={orphanCount} />
      {orphan && asked.what === "adopt" ? (
        <AdoptDialog hypervisorId={hypervisor.id} orphan={orphan} onClose={close} />
      ) : null}
      {orphan && asked.what === "destroy" ? (
        <DestroyDialog hypervisor={hypervisor} orphan={orphan} onClose={close} />
      ) : null}
    </Notice>
  );
}

/** The few that a hypervisor's row carries, as long as they are all. */
function useOrphans({ id, orphans, orphanCount }: HypervisorRow) {
  const trpc = useTRPC();
  const query = useInfiniteQuery(
    trpc.admin.orphan.list.infiniteQueryOptions(
      { hypervisorId: id, limit: pageSize },
      {
        enabled: orphanCount > orphans.length,
        getNextPageParam: (page) => page.nextCursor ?? undefined,
        placeholderData: keepPreviousData,
        refetchInterval: refreshMs,
      },
    ),
  );
  const listed = query.data?.pages.flatMap((page) => page.items);
  return { query, rows: orphanCount > orphans.length && listed ? listed : orphans };
}

type LineProps = { orphan: OrphanRow; isRevoked: boolean; onAsk: (what: Asked["what"]) => void };

function OrphanLine({ orphan, isRevoked, onAsk }: LineProps) {
  const t = useTranslations("admin.orphans");
  const tReasons = useTranslations("reasons");
  const may = usePermission("orphan:manage", null);
  const { body, destroy } = orphan;
  const both = blockedFor(may ? null : tReasons("notPermitted"), isRevoked ? t("revoked") : null);
  const destroying = destroy && !destroy.fault ? t("alreadyDestroying") : null;
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 py-2">
      <div className="flex min-w-0 flex-1 basis-64 flex-col gap-0.5">
        <p className="flex flex-wrap items-baseline gap-x-2">
          <span className="font-medium break-all">{orphan.name || t("unnamed")}</span>
          <span className="text-label text-muted">{t(`observed.${orphan.observed}`)}</span>
        </p>
        <p className="flex flex-wrap items-center gap-x-3 text-label text-muted">
          <CopyableId id={orphan.guestId} what={t("guestId")} />
          {body ? <span className="tabular-nums">{sizeText(body)}</span> : <span>{t("foreign")}</span>}
          {orphan.projectName ? <span>{t("ofProject", { project: orphan.projectName })}</span> : null}
        </p>
        {destroy ? <DestroyState destroy={destroy} /> : null}
      </div>
      <span className="flex gap-1.5">
        <Button
          size="small"
          blocked={blockedFor(
            both,
            destroy ? t("alreadyDestroying") : null,
            body ? null : t("foreignReason"),
          )}
          onClick={() => onAsk("adopt")}
        >
          {t("adopt")}
        </Button>
        <Button
          size="small"
          tone="dangerQuiet"
          blocked={blockedFor(both, destroying)}
          onClick={() => onAsk("destroy")}
        >
          {t(destroy?.fault ? "destroyAgain" : "destroy")}
        </Button>
      </span>
    </li>
  );
}

/** The first reason there is. */
function blockedFor(...reasons: (string | null)[]): string | null {
  return reasons.find((reason) => reason !== null) ?? null;
}

function DestroyState({ destroy }: { destroy: NonNullable<OrphanRow["destroy"]> }) {
  const t: Translate = useTranslations();
  if (destroy.fault)
    return (
      <p role="alert" className="text-label text-danger">
        {t("admin.orphans.destroyFailed", { why: errorText(t, destroy.fault) })}
      </p>
    );
  return (
    <p role="status" className="text-label">
      {t("admin.orphans.destroying")} <Moment date={destroy.requestedAt} />
    </p>
  );
}
