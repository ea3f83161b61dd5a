"use client";

import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useDeferredValue, useState } from "react";
import { toast } from "sonner";
import type { FloatingIpRow, FloatingIpTargetRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { SkeletonLines } from "../ui/skeleton.tsx";
import { TextFilter } from "../ui/text-filter.tsx";
import { leadsTo } from "./floating-ip-state.tsx";
import { useFloatingIpChange } from "./use-floating-ip-change.ts";

/** Of an instance, a port and its address one line; what can't be reached says why. */
export function AssociateDialog({ ip, onClose }: { ip: FloatingIpRow; onClose: () => void }) {
  const t = useTranslations("floatingIps");
  const tCommon = useTranslations("common");
  const trpc = useTRPC();
  const { projectId, id, networkId, address } = ip;
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState<FloatingIpTargetRow | null>(null);
  const targets = useQuery(
    trpc.floatingIp.targets.queryOptions(
      { projectId, networkId, text: useDeferredValue(text) },
      { placeholderData: keepPreviousData },
    ),
  );
  const { failure, options } = useFloatingIpChange(() => {
    toast.success(t("associated", { address, target: chosen?.instanceName ?? chosen?.fixedAddress ?? "" }));
    onClose();
  });
  const associate = useMutation(trpc.floatingIp.associate.mutationOptions(options));
  const submit = () => {
    if (!chosen) return;
    const { portId, fixedAddress } = chosen;
    associate.mutate({ projectId, id, portId, fixedAddress, from: ip.portId });
  };
  const moves = ip.portId !== null;
  return (
    <Dialog
      open
      wide
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t(moves ? "moveTitle" : "associateTitle", { address })}
      about={moves ? t("moveAbout", { target: leadsTo(ip) }) : null}
      footer={
        <>
          <Button onClick={onClose}>{tCommon("cancel")}</Button>
          <Button
            tone="primary"
            blocked={chosen ? null : t("chooseFirst")}
            disabled={associate.isPending}
            onClick={submit}
          >
            {t(moves ? "move" : "associate")}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        {failure ? <FailureNotice failure={failure} /> : null}
        <TextFilter text={text} label={t("find")} onText={(next) => setText(next ?? "")} />
        {targets.isPending ? <SkeletonLines count={4} label={tCommon("loading")} /> : null}
        {targets.data?.length === 0 ? (
          <p role="status" className="text-table text-muted">
            {t(text ? "noMatch" : "noTargets")}
          </p>
        ) : null}
        <fieldset className="min-w-0">
          <legend className="sr-only">{t("leadsTo")}</legend>
          {targets.data?.map((target) => (
            <TargetLine
              key={`${target.portId}-${target.fixedAddress}`}
              ip={ip}
              target={target}
              chosen={chosen}
              onChoose={setChosen}
            />
          ))}
        </fieldset>
      </div>
    </Dialog>
  );
}

type TargetLineProps = {
  ip: FloatingIpRow;
  target: FloatingIpTargetRow;
  chosen: FloatingIpTargetRow | null;
  onChoose: (target: FloatingIpTargetRow) => void;
};

function TargetLine({ ip, target, chosen, onChoose }: TargetLineProps) {
  const t = useTranslations("floatingIps");
  const { portName, instanceName, fixedAddress, subnetName, networkName, routerName, floatingIp } = target;
  const isCurrent = floatingIp === ip.address;
  const taken = floatingIp && !isCurrent ? t("taken", { address: floatingIp }) : null;
  const unreached = routerName ? null : t("noRouter", { subnet: subnetName, network: ip.networkName });
  const current = isCurrent ? t("current") : null;
  const blocked = current ?? taken ?? unreached;
  const port = portName ? t("portNamed", { name: portName }) : t("portUnnamed");
  return (
    <label className="flex min-h-11 cursor-pointer items-center gap-3 border-b py-1.5 text-table last:border-b-0 has-disabled:cursor-not-allowed has-disabled:text-muted">
      <input
        type="radio"
        name="target"
        className="size-4 shrink-0 accent-accent"
        checked={chosen?.portId === target.portId && chosen.fixedAddress === fixedAddress}
        disabled={blocked !== null}
        onChange={() => onChoose(target)}
      />
      <span className="flex min-w-0 flex-col">
        <span className="font-medium break-words">{instanceName ?? port}</span>
        <span className="text-label text-muted">
          <code className="font-mono">{fixedAddress}</code>
          {` · ${networkName} · `}
          {blocked ?? t("through", { router: routerName ?? "" })}
        </span>
      </span>
    </label>
  );
}
