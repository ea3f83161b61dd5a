"use client";

import { useMutation } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { placeFailure } from "../../lib/place-failure.ts";
import type { RouterDetail } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { Button } from "../ui/button.tsx";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { ExternalField, useExternalNetworks } from "./external-field.tsx";
import { useRouterChange } from "./use-router-change.ts";

type GatewayDialogProps = { router: RouterDetail; onClose: () => void };

export function SetGatewayDialog({ router, onClose }: GatewayDialogProps) {
  const t = useTranslations("routers");
  const tCommon = useTranslations("common");
  const trpc = useTRPC();
  const { projectId, id, name } = router;
  const [first] = useExternalNetworks(projectId).data?.items ?? [];
  const [chosen = first?.id ?? "", setChosen] = useState<string>();
  const { failure, options } = useRouterChange(onClose);
  const { at, rest } = placeFailure(useTranslations(), failure, ["networkId"]);
  const set = useMutation(trpc.router.setGateway.mutationOptions(options));
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t("setGatewayTitle", { name })}
      footer={
        <>
          <Button onClick={onClose}>{tCommon("cancel")}</Button>
          <Button
            tone="primary"
            blocked={chosen ? null : t("noExternal")}
            disabled={set.isPending}
            onClick={() => set.mutate({ projectId, id, networkId: chosen })}
          >
            {t("setGateway")}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {rest ? <FailureNotice failure={rest} /> : null}
        <ExternalField
          projectId={projectId}
          label={t("network")}
          help={t("externalHelp")}
          error={at("networkId")}
          select={{ value: chosen, onChange: (event) => setChosen(event.target.value) }}
        />
      </div>
    </Dialog>
  );
}

export function ClearGatewayDialog({ router, onClose }: GatewayDialogProps) {
  const t = useTranslations("routers");
  const trpc = useTRPC();
  const { projectId, id, name, gatewayAddress } = router;
  const { failure, options } = useRouterChange(onClose);
  const clear = useMutation(trpc.router.setGateway.mutationOptions(options));
  return (
    <ConfirmDialog
      open
      danger
      pending={clear.isPending}
      onClose={onClose}
      title={t("clearGatewayTitle", { name })}
      about={t("clearGatewayAbout", { address: gatewayAddress ?? "" })}
      verb={t("clearGateway")}
      onConfirm={() => clear.mutate({ projectId, id, networkId: null })}
    >
      {failure ? <FailureNotice failure={failure} /> : null}
    </ConfirmDialog>
  );
}
