"use client";

import { useQuery } from "@tanstack/react-query";
import type { ImageRow, SnapshotRow, VolumeRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { useVolumeTypes } from "../volume/use-volume-types.ts";
import { chosenOrigins } from "./disks.ts";
import type { LaunchForm } from "./form-schema.ts";
import type { Choices } from "./launch-form.tsx";

/** The API's largest page; more images, flavors or volumes than this are not offered in one form. */
const choiceLimit = 500;

/** Everything the form chooses from; null until all of it is there. `chosen`: what a link or the draft names already. */
export function useChoices(projectId: string, chosen: Pick<LaunchForm, "imageId" | "boot" | "disks">) {
  const trpc = useTRPC();
  const page = { projectId, limit: choiceLimit };
  const named = { ...page, sort: "name" };
  const images = useQuery(trpc.image.list.queryOptions(named));
  // A community image stands in no list unasked; whoever came from its page asks for it.
  const { imageId } = chosen;
  const oneImage = useQuery({
    ...trpc.image.list.queryOptions({ projectId, filter: { ids: [imageId] }, limit: 1 }),
    enabled: imageId !== "",
  });
  const flavors = useQuery(trpc.flavor.list.queryOptions(page));
  const keyPairs = useQuery(trpc.keyPair.list.queryOptions({ limit: choiceLimit }));
  const quota = useQuery(trpc.project.quota.queryOptions({ projectId }));
  const zones = useQuery(trpc.zone.list.queryOptions({ limit: choiceLimit }));
  const networks = useQuery(trpc.network.list.queryOptions({ ...named, filter: { usable: true } }));
  const ports = useQuery(trpc.port.list.queryOptions({ ...page, filter: { free: true } }));
  const groups = useQuery(trpc.securityGroup.list.queryOptions(named));
  const disks = useDisks(projectId, chosen);
  const needed = [images, flavors, keyPairs, quota, zones, networks, ports, groups, ...disks.queries];
  const broken = needed.find((query) => query.isError && !query.data) ?? null;
  const machine = images.data && !oneImage.isLoading && flavors.data && zones.data && disks.choices;
  const ready = machine && keyPairs.data && quota.data && networks.data && ports.data && groups.data;
  const choices: Choices | null = ready
    ? {
        images: once([...images.data.items, ...(oneImage.data?.items ?? [])]).filter(isReady),
        flavors: flavors.data.items,
        keyPairs: keyPairs.data.items,
        lines: quota.data.lines,
        zones: zones.data.items,
        networks: networks.data.items,
        ports: ports.data.items,
        groups: groups.data.items,
        ...disks.choices,
      }
    : null;
  return { choices, broken };
}

type DiskRows = Pick<Choices, "volumes" | "snapshots" | "usualTypeId">;

/** Whoever may not see volumes launches without. What is chosen already is there even when the first page is without it. */
function useDisks(projectId: string, chosen: Pick<LaunchForm, "boot" | "disks">) {
  const trpc = useTRPC();
  const enabled = usePermission("volume:list", projectId);
  const maySnapshots = usePermission("volume_snapshot:list", projectId);
  const page = { projectId, sort: "name", limit: choiceLimit };
  const volumes = useQuery({ ...trpc.volume.list.queryOptions(page), enabled });
  const { volumeIds, snapshotIds } = chosenOrigins(chosen);
  const named = (ids: string[]) => ({ projectId, filter: { ids }, limit: choiceLimit });
  const chosenVolumes = useQuery({
    ...trpc.volume.list.queryOptions(named(volumeIds)),
    enabled: enabled && volumeIds.length > 0,
  });
  const chosenSnapshots = useQuery({
    ...trpc.volumeSnapshot.list.queryOptions(named(snapshotIds)),
    enabled: maySnapshots && snapshotIds.length > 0,
  });
  const snapshots = useQuery({ ...trpc.volumeSnapshot.list.queryOptions(page), enabled: maySnapshots });
  const { usual } = useVolumeTypes(projectId);
  const queries = [volumes, snapshots];
  if ([...queries, chosenVolumes, chosenSnapshots].some(({ isLoading }) => isLoading))
    return { queries, choices: null };
  const choices: DiskRows = {
    volumes: once<VolumeRow>([...(volumes.data?.items ?? []), ...(chosenVolumes.data?.items ?? [])]),
    snapshots: once<SnapshotRow>([...(snapshots.data?.items ?? []), ...(chosenSnapshots.data?.items ?? [])]),
    usualTypeId: usual?.id ?? null,
  };
  return { queries, choices };
}

const isReady = ({ status }: ImageRow) => status === "active";

/** Each once, in the order of their first. */
function once<Row extends { id: string }>(rows: readonly Row[]): Row[] {
  return [...new Map(rows.map((row) => [row.id, row])).values()];
}
