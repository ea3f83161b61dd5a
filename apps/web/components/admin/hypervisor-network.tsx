"use client";

import { useTranslations } from "next-intl";
import type { HypervisorRow } from "../../lib/rows.ts";
import { Notice } from "../ui/notice.tsx";

type Network = NonNullable<HypervisorRow["network"]>;

/** What an administrator should know of how guests here are joined to networks; nothing where all is as it should be. */
export function HypervisorNetworkNotice({ network }: { network: Network }) {
  const t = useTranslations("admin.hypervisors.network");
  const { datapath, switchEnds, emergency, rulesLost = 0, reached = true } = network;
  if (!reached)
    return (
      <Notice tone="warning" title={t("none")}>
        {t("unreached")}
      </Notice>
    );
  if (datapath === "none") return <p className="text-table text-muted">{t("none")}</p>;
  const troubled = switchEnds > 0 || emergency !== null;
  return (
    <>
      {troubled ? (
        <Notice tone="error" title={t("troubled", { count: switchEnds })}>
          {emergency ? <code className="font-mono break-all">{emergency}</code> : t("watch")}
        </Notice>
      ) : null}
      {rulesLost > 0 ? (
        <Notice tone="error" title={t("rulesLost", { count: rulesLost })}>
          {t("rulesLostWhy")}
        </Notice>
      ) : null}
      {datapath === "netdev" ? (
        <Notice tone="warning" title={t("userspace")}>
          {t("userspaceWhy")}
        </Notice>
      ) : null}
    </>
  );
}
