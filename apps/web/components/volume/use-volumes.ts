"use client";

import { type VolumeAction, volumeActionBlocked } from "@madang/core/volume/action";
import { snapshotLimit } from "@madang/core/volume/volume-input";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { type Failure, failureOf } from "../../lib/failure.ts";
import type { SnapshotRow, VolumeRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { pageSize, paging, whileAny } from "../list/pages.ts";
import { actionViewOf } from "./action-view.ts";

export type VolumeFilter = { text?: string; instanceId?: string };

const still = new Set(["available", "in-use", "error", "error_deleting"]);
export const isChanging = ({ status }: { status: string }) => !still.has(status);

/** Something of it changes by itself: its status, or what stands in the way of its actions. */
export const isUnderWay = (row: VolumeRow) => isChanging(row) || row.snapshotsTaking > 0 || row.copies > 0;

export function useVolumes(projectId: string, filter: VolumeFilter, sort: string) {
  const trpc = useTRPC();
  return useInfiniteQuery({
    ...trpc.volume.list.infiniteQueryOptions({ projectId, filter, sort, limit: pageSize }, paging),
    refetchInterval: whileAny<VolumeRow>(isUnderWay),
  });
}

export function useSnapshots(
  projectId: string,
  filter: { text?: string; volumeId?: string },
  sort = "-createdAt",
) {
  const trpc = useTRPC();
  return useInfiniteQuery({
    ...trpc.volumeSnapshot.list.infiniteQueryOptions({ projectId, filter, sort, limit: pageSize }, paging),
    refetchInterval: whileAny<SnapshotRow>((row) => isChanging(row) || row.copies > 0),
  });
}

/** By force is an administrator's, on a page of his own. */
export type MemberAction = Exclude<VolumeAction, "forceDelete">;

const permissionOf = {
  update: "volume:update",
  attach: "volume:attach",
  detach: "volume:attach",
  extend: "volume:update",
  retype: "volume:retype",
  snapshot: "volume_snapshot:create",
  copy: "volume:create",
  image: "image:create",
  revert: "volume:update",
  callOff: "volume:update",
  transfer: "volume:transfer",
  delete: "volume:delete",
} as const satisfies Record<MemberAction, string>;

/** Why something can't be done to a volume now, in words; null when it can. */
export function useVolumeBlocked(
  projectId: string,
): (action: MemberAction, volume: VolumeRow) => string | null {
  const t = useTranslations("reasons");
  const granted = {
    "volume:create": usePermission("volume:create", projectId),
    "volume:update": usePermission("volume:update", projectId),
    "volume:retype": usePermission("volume:retype", projectId),
    "volume:attach": usePermission("volume:attach", projectId),
    "volume:transfer": usePermission("volume:transfer", projectId),
    "volume:delete": usePermission("volume:delete", projectId),
    "volume_snapshot:create": usePermission("volume_snapshot:create", projectId),
    "image:create": usePermission("image:create", projectId),
  };
  return (action, volume) => {
    if (!granted[permissionOf[action]]) return t("notPermitted");
    const reason = volumeActionBlocked(action, actionViewOf(volume));
    return reason ? t(reason, { limit: snapshotLimit }) : null;
  };
}

/** What every change of a volume does afterwards: close its dialog or say what stands in the way, and look again. */
export function useVolumeChange(onClose: () => void) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [failure, setFailure] = useState<Failure | null>(null);
  const options = {
    onMutate: () => setFailure(null),
    onSuccess: () => onClose(),
    onError: (thrown: unknown) => setFailure(failureOf(thrown)),
    onSettled: () => {
      for (const queryKey of [
        trpc.volume.pathKey(),
        trpc.volumeSnapshot.pathKey(),
        trpc.project.quota.pathKey(),
        trpc.instance.get.pathKey(),
      ])
        void queries.invalidateQueries({ queryKey });
    },
  };
  return { failure, options };
}
