"use client";

import { uuid } from "@madang/core/uuid";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { diskText } from "../../lib/amount.ts";
import type { AnyVolumeRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { ListPage } from "../list/list-page.tsx";
import { pageSize, paging } from "../list/pages.ts";
import { useListView } from "../list/use-list-view.ts";
import type { Column } from "../ui/data-table.tsx";
import { Select } from "../ui/input.tsx";
import { VolumeStatusMark } from "../volume/status-mark.tsx";
import { choiceLimit } from "../volume/use-volume-types.ts";
import { VolumeDrawing } from "../volume/volume-drawing.tsx";
import { ForceDeleteVolume } from "./force-delete-volume.tsx";
import { StoragePools } from "./storage-pools.tsx";

const filters = ["type"] as const;

/** Where volumes are kept, what was promised there and what is really taken, and whose they are. */
export function StoragePage() {
  const trpc = useTRPC();
  const t = useTranslations("admin.storage");
  const view = useListView("-createdAt", filters);
  const { sort } = view;
  const volumeTypeId = uuid.safeParse(view.chosen("type")).data;
  const filter = { ...view.filter, ...(volumeTypeId ? { volumeTypeId } : {}) };
  const query = useInfiniteQuery(
    trpc.admin.volume.list.infiniteQueryOptions({ filter, sort, limit: pageSize }, paging),
  );
  return (
    <ListPage
      section="admin.storage"
      view={view}
      query={query}
      columns={useVolumeColumns()}
      drawing={<VolumeDrawing />}
      file={{ name: "cloud-volumes", query: { volumeTypeId: volumeTypeId ?? null } }}
      nothing={volumeTypeId && !view.text ? t("nothingOfType") : undefined}
      filters={
        <TypeFilter value={volumeTypeId ?? ""} onChange={(type) => view.change({ type: type || null })} />
      }
      help={["volume", "volumeType"]}
    >
      <StoragePools />
    </ListPage>
  );
}

type TypeFilterProps = { value: string; onChange: (volumeTypeId: string) => void };

/** Not shown where there is nothing to choose between. */
function TypeFilter({ value, onChange }: TypeFilterProps) {
  const t = useTranslations("admin.storage");
  const trpc = useTRPC();
  const types = useQuery(trpc.admin.volumeType.list.queryOptions({ sort: "name", limit: choiceLimit }));
  const items = types.data?.items ?? [];
  if (items.length < 2 && value === "") return null;
  return (
    <Select
      aria-label={t("type")}
      className="w-auto max-w-48"
      value={value}
      onChange={(event) => onChange(event.target.value)}
    >
      <option value="">{t("anyType")}</option>
      {items.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </Select>
  );
}

function useVolumeColumns(): Column<AnyVolumeRow>[] {
  const t = useTranslations("admin.storage");
  const tVolumes = useTranslations("volumes");
  return [
    {
      key: "name",
      title: tVolumes("columns.name"),
      sort: "name",
      className: "w-full max-w-0 @xl:w-[30%]",
      cell: (row) => (
        <span className="flex min-w-0 flex-col">
          <span className="line-clamp-2 font-medium break-words">{row.name}</span>
          <span className="text-label break-words text-muted">{row.projectName}</span>
        </span>
      ),
    },
    {
      key: "status",
      title: tVolumes("columns.status"),
      sort: "status",
      cell: (row) => <VolumeStatusMark status={row.status} percent={row.percent} />,
    },
    {
      key: "size",
      title: tVolumes("columns.size"),
      sort: "sizeGib",
      className: "text-right tabular-nums whitespace-nowrap",
      cell: (row) => diskText(row.sizeGib),
    },
    {
      key: "hypervisor",
      title: t("hypervisor"),
      className: "hidden @2xl:table-cell",
      cell: (row) => row.hypervisorName ?? <span className="text-muted">{tVolumes("unplacedShort")}</span>,
    },
    {
      key: "instance",
      title: tVolumes("columns.instance"),
      className: "hidden @3xl:table-cell",
      cell: (row) =>
        row.attachment?.instanceName ?? <span className="text-muted">{tVolumes("notAttached")}</span>,
    },
    {
      key: "actions",
      title: t("columnActions"),
      className: "text-right",
      cell: (row) => <ForceDeleteVolume volume={row} />,
    },
  ];
}
