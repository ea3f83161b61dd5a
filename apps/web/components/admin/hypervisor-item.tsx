"use client";

import { Ellipsis, Pause, Play, PlugZap, SlidersHorizontal, Unplug } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import type { HypervisorRow } from "../../lib/rows.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { Moment } from "../timeline/moment.tsx";
import { Timeline } from "../timeline/timeline.tsx";
import { Button, IconButton } from "../ui/button.tsx";
import { CopyableId } from "../ui/copyable.tsx";
import { Fold } from "../ui/fold.tsx";
import { Menu, MenuItem, MenuSeparator } from "../ui/menu.tsx";
import { CapacityMeters } from "./capacity-meters.tsx";
import { EnableDialog } from "./enable-dialog.tsx";
import { FenceDialog, useFenceBlocked } from "./fence-dialog.tsx";
import { HypervisorNetworkNotice } from "./hypervisor-network.tsx";
import { HypervisorBadge } from "./hypervisor-state.tsx";
import { OrphanList } from "./orphan-list.tsx";
import { OrphanVolumeList } from "./orphan-volume-list.tsx";
import { PolicyDialog } from "./policy-dialog.tsx";
import { RevokeDialog } from "./revoke-dialog.tsx";

const newestEvents = 8;

export function HypervisorItem({ hypervisor }: { hypervisor: HypervisorRow }) {
  const t = useTranslations("admin.hypervisors");
  const tReasons = useTranslations("reasons");
  const tTimeline = useTranslations("timeline");
  const mayUpdate = usePermission("hypervisor:update", null);
  const mayFence = usePermission("hypervisor:fence", null);
  const unfenceable = useFenceBlocked(hypervisor);
  const [dialog, setDialog] = useState<"enable" | "policy" | "fence" | "revoke" | null>(null);
  const revoked = hypervisor.state === "revoked" ? t("alreadyRevoked") : null;
  const blocked = mayUpdate ? revoked : tReasons("notPermitted");
  const close = () => setDialog(null);
  return (
    <li className="flex flex-col gap-3 py-4">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <h2 className="text-body font-semibold">{hypervisor.name}</h2>
        <span className="text-table">
          <HypervisorBadge state={hypervisor.state} />
        </span>
        <span className="ml-auto flex items-center gap-1.5">
          <Button size="small" blocked={blocked} onClick={() => setDialog("enable")}>
            {hypervisor.enabled ? <Pause aria-hidden /> : <Play aria-hidden />}
            {t(hypervisor.enabled ? "disable" : "enable")}
          </Button>
          <Menu
            trigger={
              <IconButton size="iconSmall" label={t("menu", { name: hypervisor.name })}>
                <Ellipsis aria-hidden />
              </IconButton>
            }
          >
            <MenuItem
              icon={<SlidersHorizontal aria-hidden />}
              blocked={blocked}
              onSelect={() => setDialog("policy")}
            >
              {t("policy")}
            </MenuItem>
            <MenuSeparator />
            <MenuItem
              danger
              icon={<PlugZap aria-hidden />}
              blocked={mayFence ? unfenceable : tReasons("notPermitted")}
              onSelect={() => setDialog("fence")}
            >
              {t("fence")}
            </MenuItem>
            <MenuItem
              danger
              icon={<Unplug aria-hidden />}
              blocked={blocked}
              onSelect={() => setDialog("revoke")}
            >
              {t("revoke")}
            </MenuItem>
          </Menu>
        </span>
      </div>
      <Details hypervisor={hypervisor} />
      {hypervisor.enabled || !hypervisor.disabledReason ? null : (
        <p className="text-table text-muted">{t("disabledFor", { reason: hypervisor.disabledReason })}</p>
      )}
      <CapacityMeters hypervisor={hypervisor} />
      {hypervisor.network ? <HypervisorNetworkNotice network={hypervisor.network} /> : null}
      {hypervisor.fencePending ? <p className="text-table">{t("fencing")}</p> : null}
      <OrphanList hypervisor={hypervisor} />
      <OrphanVolumeList hypervisor={hypervisor} />
      <Fold title={tTimeline("title")} note="">
        <Timeline projectId={null} resourceId={hypervisor.id} pageSize={newestEvents} brief />
      </Fold>
      {dialog === "enable" ? <EnableDialog hypervisor={hypervisor} onClose={close} /> : null}
      {dialog === "policy" ? <PolicyDialog hypervisor={hypervisor} onClose={close} /> : null}
      {dialog === "fence" ? <FenceDialog hypervisor={hypervisor} onClose={close} /> : null}
      {dialog === "revoke" ? <RevokeDialog hypervisor={hypervisor} onClose={close} /> : null}
    </li>
  );
}

/** Simulated guests are emulated by nothing. */
function driverText(driver: string, acceleration: string | null): string {
  return acceleration && acceleration !== "none" ? `${driver} · ${acceleration}` : driver;
}

function Details({ hypervisor }: { hypervisor: HypervisorRow }) {
  const t = useTranslations("admin.hypervisors");
  const { driver, acceleration, agentVersion, lastSeenAt } = hypervisor;
  return (
    <p className="flex flex-wrap items-center gap-x-4 gap-y-1 text-label text-muted">
      <CopyableId id={hypervisor.id} what={t("id")} />
      {driver ? <code className="font-mono">{driverText(driver, acceleration)}</code> : null}
      <span>{t("zone", { zone: hypervisor.availabilityZone })}</span>
      <span className="tabular-nums">{t("guests", { count: hypervisor.guests })}</span>
      {agentVersion ? <span>{t("agent", { version: agentVersion })}</span> : null}
      <span>
        {lastSeenAt ? (
          <>
            {t("seen")} <Moment date={lastSeenAt} />
          </>
        ) : (
          t("neverSeen")
        )}
      </span>
    </p>
  );
}
