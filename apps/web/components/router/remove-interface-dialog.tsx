"use client";

import { useMutation } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import type { RouterDetail, RouterInterfaceRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { useRouterChange } from "./use-router-change.ts";

type RemoveInterfaceDialogProps = { router: RouterDetail; leaving: RouterInterfaceRow; onClose: () => void };

export function RemoveInterfaceDialog({ router, leaving, onClose }: RemoveInterfaceDialogProps) {
  const t = useTranslations("routers");
  const trpc = useTRPC();
  const { projectId, id, name } = router;
  const { portId, subnetName, address } = leaving;
  const { failure, options } = useRouterChange(onClose);
  const remove = useMutation(trpc.router.removeInterface.mutationOptions(options));
  return (
    <ConfirmDialog
      open
      danger
      pending={remove.isPending}
      onClose={onClose}
      title={t("removeTitle", { name, subnet: subnetName })}
      about={t("removeAbout", { address })}
      verb={t("removeVerb")}
      onConfirm={() => remove.mutate({ projectId, id, portId })}
    >
      {failure ? <FailureNotice failure={failure} /> : null}
    </ConfirmDialog>
  );
}
