"use client";

import { TriangleAlert } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import type { RouterDetail } from "../../lib/rows.ts";
import { Button } from "../ui/button.tsx";
import { CopyButton } from "../ui/copyable.tsx";
import { Fact } from "../ui/fact.tsx";
import { Section } from "../ui/section.tsx";
import { ClearGatewayDialog, SetGatewayDialog } from "./gateway-dialog.tsx";

/** From so many hypervisors on another one takes a gateway over by itself. */
const redundantFrom = 3;

type GatewaySectionProps = { router: RouterDetail; blocked: string | null };

export function GatewaySection({ router, blocked }: GatewaySectionProps) {
  const t = useTranslations("routers");
  const [asked, setAsked] = useState<"set" | "clear" | null>(null);
  const needed = router.interfaces.flatMap(({ floatingIps }) => floatingIps);
  const stillNeeded = needed.length > 0 ? t("hasFloatingIps", { addresses: needed.join(", ") }) : null;
  return (
    <Section title={t("gatewaySection")}>
      {router.externalNetworkId ? (
        <>
          <dl>
            <Fact name={t("network")}>{router.externalNetworkName}</Fact>
            <Fact name={t("gatewayAddress")}>
              <span className="inline-flex items-center gap-0.5">
                <code className="font-mono text-label">{router.gatewayAddress}</code>
                <CopyButton text={router.gatewayAddress ?? ""} label={t("gatewayAddress")} />
              </span>
            </Fact>
            <Fact name={t("snat")}>{t(router.snat ? "snatOn" : "snatOff")}</Fact>
            {router.gatewayHypervisorName ? (
              <Fact name={t("passes")}>{router.gatewayHypervisorName}</Fact>
            ) : null}
          </dl>
          {router.gatewayCandidates < redundantFrom ? (
            <p className="flex items-start gap-1.5 text-label text-muted">
              <TriangleAlert aria-hidden className="mt-px size-3.5 shrink-0 text-changing" />
              {t("notRedundant", { count: router.gatewayCandidates })}
            </p>
          ) : null}
          <div>
            <Button tone="dangerQuiet" blocked={blocked ?? stillNeeded} onClick={() => setAsked("clear")}>
              {t("clearGateway")}
            </Button>
          </div>
        </>
      ) : (
        <>
          <p className="text-table text-muted">{t("gatewayNone")}</p>
          <div>
            <Button tone="primary" blocked={blocked} onClick={() => setAsked("set")}>
              {t("setGateway")}
            </Button>
          </div>
        </>
      )}
      {asked === "set" ? <SetGatewayDialog router={router} onClose={() => setAsked(null)} /> : null}
      {asked === "clear" ? <ClearGatewayDialog router={router} onClose={() => setAsked(null)} /> : null}
    </Section>
  );
}
