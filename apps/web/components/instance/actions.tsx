"use client";

import { type AdminAction, actionBlocked, type InstanceAction } from "@madang/core/instance/action";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { useTranslations } from "next-intl";
import { createContext, type ReactNode, useContext, useState } from "react";
import { toast } from "sonner";
import { openOperation } from "../../lib/operation-drawer.ts";
import type { InstanceRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useFailureToast } from "../../lib/use-failure-toast.ts";
import { usePermission } from "../../lib/use-permission.ts";

// Fetched when first asked for: the list is there sooner.
const MakeImageDialog = dynamic(() =>
  import("../image/make-image-dialog.tsx").then((m) => m.MakeImageDialog),
);
const DeleteDialog = dynamic(() => import("./delete-dialog.tsx").then((m) => m.DeleteDialog));
const PowerDialog = dynamic(() => import("./power-dialog.tsx").then((m) => m.PowerDialog));
const RenameDialog = dynamic(() => import("./rename-dialog.tsx").then((m) => m.RenameDialog));

export type ActionTarget = Pick<
  InstanceRow,
  | "id"
  | "projectId"
  | "name"
  | "status"
  | "taskState"
  | "powerState"
  | "deleteProtection"
  | "launchedAt"
  | "diskGib"
>;
type Judged = InstanceAction | AdminAction;
/** Those that a menu offers: interfaces and volumes have tabs of their own. */
export type AnyAction = Exclude<
  Judged,
  "attachInterface" | "detachInterface" | "attachVolume" | "detachVolume"
>;
type Act = (action: AnyAction, target: ActionTarget) => void;
type Asked = { action: AnyAction; target: ActionTarget };

const ActContext = createContext<Act>(() => undefined);

/** Carries out an action on an instance, asking first where something is interrupted or lost. */
export function useAct(): Act {
  return useContext(ActContext);
}

/** Why an action can't be taken now, in words; null when it can. */
export function useBlocked(projectId: string): (action: Judged, target: ActionTarget) => string | null {
  const t = useTranslations("reasons");
  const power = usePermission("instance:power", projectId);
  const update = usePermission("instance:update", projectId);
  const remove = usePermission("instance:delete", projectId);
  const console = usePermission("instance:console", projectId);
  const image = usePermission("image:create", projectId);
  const attach = usePermission("volume:attach", projectId);
  const reset = usePermission("instance:reset", null);
  const forceDelete = usePermission("instance:force_delete", null);
  const granted: Record<Judged, boolean> = {
    start: power,
    stop: power,
    reboot: power,
    hardReboot: power,
    delete: remove,
    restore: remove,
    console,
    rename: update,
    protect: update,
    attachInterface: update,
    detachInterface: update,
    attachVolume: attach,
    detachVolume: attach,
    image,
    reset,
    forceDelete,
  };
  return (action, target) => {
    if (!granted[action]) return t("notPermitted");
    const reason = actionBlocked(action, target);
    return reason ? t(reason) : null;
  };
}

export function InstanceActionsProvider({ children }: { children: ReactNode }) {
  const t = useTranslations("instances");
  const tOperations = useTranslations("operations");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const fail = useFailureToast();
  const [asked, setAsked] = useState<Asked | null>(null);
  const onSuccess = () => {
    void queries.invalidateQueries({ queryKey: trpc.instance.pathKey() });
    void queries.invalidateQueries({ queryKey: trpc.operation.pathKey() });
    void queries.invalidateQueries({ queryKey: trpc.admin.instance.pathKey() });
  };
  const options = { onSuccess, onError: fail };
  const start = useMutation(trpc.instance.start.mutationOptions(options));
  const stop = useMutation(trpc.instance.stop.mutationOptions(options));
  const reboot = useMutation(trpc.instance.reboot.mutationOptions(options));
  const remove = useMutation(trpc.instance.delete.mutationOptions(options));
  const restore = useMutation(trpc.instance.restore.mutationOptions(options));
  const reset = useMutation(trpc.admin.instance.reset.mutationOptions(options));
  const force = useMutation(trpc.admin.instance.forceDelete.mutationOptions(options));
  const update = useMutation(trpc.instance.update.mutationOptions(options));

  const tellDeletion = (name: string, operationId: string) =>
    toast(t("deleteAccepted", { name }), {
      action: { label: tOperations("show"), onClick: () => openOperation(operationId) },
    });

  const perform: Act = (action, { id, projectId, name, deleteProtection }) => {
    setAsked(null);
    const one = { projectId, id };
    if (action === "start") return start.mutate(one);
    if (action === "stop") return stop.mutate(one);
    if (action === "reboot") return reboot.mutate({ ...one, kind: "soft" });
    if (action === "hardReboot") return reboot.mutate({ ...one, kind: "hard" });
    if (action === "protect") return update.mutate({ ...one, deleteProtection: !deleteProtection });
    if (action === "restore")
      return restore.mutate(one, { onSuccess: () => toast(t("restoreAccepted", { name })) });
    if (action === "reset") return reset.mutate({ id });
    if (action === "forceDelete")
      return force.mutate({ id }, { onSuccess: ({ operationId }) => tellDeletion(name, operationId) });
  };
  const performDelete = (target: ActionTarget, soft: boolean) => {
    setAsked(null);
    const { projectId, id, name } = target;
    const restoreIt = { label: t("undo"), onClick: () => perform("restore", target) };
    const onSuccess = ({ operationId }: { operationId: string }) =>
      soft
        ? toast(t("softDeleteAccepted", { name }), { action: restoreIt })
        : tellDeletion(name, operationId);
    remove.mutate({ projectId, id, soft }, { onSuccess });
  };
  const act: Act = (action, target) => {
    if (action === "start" || action === "protect" || action === "restore") return perform(action, target);
    setAsked({ action, target });
  };
  const close = () => setAsked(null);
  const rename = async (target: ActionTarget, name: string) => {
    await update.mutateAsync({ projectId: target.projectId, id: target.id, name });
    close();
  };
  return (
    <ActContext value={act}>
      {children}
      {asked ? <PowerDialog asked={asked} onClose={close} onConfirm={perform} /> : null}
      {asked?.action === "delete" ? (
        <DeleteDialog target={asked.target} onClose={close} onConfirm={performDelete} />
      ) : null}
      {asked?.action === "forceDelete" ? (
        <DeleteDialog
          kind="forceDelete"
          target={asked.target}
          onClose={close}
          onConfirm={(target) => perform("forceDelete", target)}
        />
      ) : null}
      {asked?.action === "image" ? <ImageOf target={asked.target} onClose={close} /> : null}
      {asked?.action === "rename" ? (
        <RenameDialog target={asked.target} onClose={close} onRename={rename} />
      ) : null}
    </ActContext>
  );
}

function ImageOf({ target, onClose }: { target: ActionTarget; onClose: () => void }) {
  const { id, name, diskGib: gib, projectId } = target;
  return <MakeImageDialog projectId={projectId} of={{ kind: "instance", id, name, gib }} onClose={onClose} />;
}
