"use client";

import { snapshotActionBlocked, volumeActionBlocked } from "@madang/core/volume/action";
import { useTranslations } from "next-intl";
import type { SnapshotRow, VolumeRow } from "../../lib/rows.ts";
import { useRefusal } from "../../lib/use-permission.ts";
import { actionViewOf } from "../volume/action-view.ts";

type From = { volume: Pick<VolumeRow, "id"> } | { snapshot: Pick<SnapshotRow, "id"> };

/** The launch form with what the instance is to boot from already chosen. */
export function launchFrom(projectId: string, from: From): string {
  const chosen = "volume" in from ? `volume=${from.volume.id}` : `snapshot=${from.snapshot.id}`;
  return `/p/${projectId}/instances/launch?${chosen}`;
}

/** Why no instance can be launched from a volume or a snapshot now, in words; null when one can. */
export function useLaunchBlocked(projectId: string) {
  const t = useTranslations("reasons");
  const refused = useRefusal("instance:create", projectId);
  const noAttach = useRefusal("volume:attach", projectId);
  const noCreate = useRefusal("volume:create", projectId);
  const words = (reason: string | null) => (reason ? t(reason) : null);
  const bootable = (is: boolean) => (is ? null : "notBootable");
  return {
    volume: (volume: VolumeRow) =>
      refused ??
      noAttach ??
      words(bootable(volume.bootable) ?? volumeActionBlocked("attach", actionViewOf(volume))),
    snapshot: (snapshot: SnapshotRow) =>
      refused ?? noCreate ?? words(bootable(snapshot.bootable) ?? snapshotActionBlocked("copy", snapshot)),
  };
}
