"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { Rocket } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { bytesText } from "../../lib/amount.ts";
import { errorText, type Translate } from "../../lib/error-text.ts";
import type { ImageRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { usePermission, useRefusal } from "../../lib/use-permission.ts";
import { useProjectId } from "../../lib/use-project.ts";
import { ListPage } from "../list/list-page.tsx";
import { pageSize, paging, whileAny } from "../list/pages.ts";
import { useListView } from "../list/use-list-view.ts";
import { Moment } from "../timeline/moment.tsx";
import { ButtonLink } from "../ui/button.tsx";
import type { Column } from "../ui/data-table.tsx";
import { ImageDrawing } from "./image-drawing.tsx";
import { ImageStatusMark, isUnderWay } from "./image-status.tsx";
import { NewImageDialog } from "./new-image-dialog.tsx";
import { OfferedImages } from "./offered-images.tsx";
import { UploadProgressLine } from "./upload-progress.tsx";

/** What the project's instances can be made of: its own, what was shared with it, everybody's. */
export function ImageListPage() {
  const t = useTranslations("images");
  const trpc = useTRPC();
  const router = useRouter();
  const projectId = useProjectId();
  const blocked = useRefusal("image:create", projectId);
  const view = useListView("name");
  const [creating, setCreating] = useState(false);
  const { filter, sort } = view;
  const query = useInfiniteQuery({
    ...trpc.image.list.infiniteQueryOptions({ projectId, filter, sort, limit: pageSize }, paging),
    refetchInterval: whileAny<ImageRow>(({ status }) => isUnderWay(status)),
  });
  const base = `/p/${projectId}/images`;
  return (
    <>
      <OfferedImages projectId={projectId} />
      <ListPage
        section="images"
        view={view}
        query={query}
        columns={useColumns(projectId)}
        drawing={<ImageDrawing />}
        actions={[{ word: t("create"), blocked, onClick: () => setCreating(true) }]}
        file={{ name: "images", query: { projectId } }}
        help={["image", "instance", "quota"]}
        onOpen={({ id }) => router.push(`${base}/${id}`)}
      >
        {creating ? <NewImageDialog projectId={projectId} onClose={() => setCreating(false)} /> : null}
      </ListPage>
    </>
  );
}

/** Who else sees it; nothing for what is the project's alone. */
export function VisibilityMark({ image }: { image: Pick<ImageRow, "visibility" | "ownerName"> }) {
  const t = useTranslations("images");
  if (image.visibility === "private") return null;
  const known = ["shared", "community", "public"].find((one) => one === image.visibility) ?? "shared";
  return (
    <span className="rounded-full border px-1.5 py-px text-label font-normal whitespace-nowrap text-muted">
      {image.ownerName ? t("sharedBy", { project: image.ownerName }) : t(`visibilities.${known}`)}
    </span>
  );
}

function useColumns(projectId: string): Column<ImageRow>[] {
  const t: Translate = useTranslations();
  const mayUpload = usePermission("image:create", projectId);
  const launchBlocked = useRefusal("instance:create", projectId);
  return [
    {
      key: "name",
      title: t("images.name"),
      sort: "name",
      className: "w-full max-w-0 @xl:w-[38%]",
      cell: (row) => (
        <span className="flex min-w-0 flex-col gap-0.5">
          <span className="flex flex-wrap items-center gap-x-2 gap-y-0.5">
            <Link
              href={`/p/${projectId}/images/${row.id}`}
              title={row.name}
              className="line-clamp-2 font-medium break-words text-accent hover:underline"
            >
              {row.name}
            </Link>
            <VisibilityMark image={row} />
          </span>
          {row.description ? (
            <span className="line-clamp-1 text-label text-muted">{row.description}</span>
          ) : null}
          {row.fault ? <span className="text-label text-danger">{errorText(t, row.fault)}</span> : null}
        </span>
      ),
    },
    {
      key: "status",
      title: t("images.status"),
      cell: (row) => (
        <span className="flex flex-col gap-1">
          <ImageStatusMark status={row.status} />
          <UploadProgressLine image={row} mayGoOn={mayUpload && row.projectId === projectId} />
        </span>
      ),
    },
    {
      key: "size",
      title: t("images.size"),
      sort: "sizeBytes",
      className: "hidden text-right whitespace-nowrap tabular-nums @2xl:table-cell @xl:pr-6",
      cell: (row) => (row.sizeBytes === 0 ? "–" : bytesText(row.sizeBytes)),
    },
    {
      key: "disk",
      title: t("images.disk"),
      className: "hidden text-right whitespace-nowrap tabular-nums @3xl:table-cell @xl:pr-6",
      cell: (row) => (row.virtualSizeBytes === 0 ? "–" : bytesText(row.virtualSizeBytes)),
    },
    {
      key: "createdAt",
      title: t("images.createdAt"),
      sort: "createdAt",
      className: "hidden whitespace-nowrap text-muted @3xl:table-cell",
      cell: (row) => <Moment date={row.createdAt} />,
    },
    {
      key: "launch",
      title: <span className="sr-only">{t("images.launch")}</span>,
      className: "hidden w-px text-right @lg:table-cell",
      cell: (row) =>
        row.status === "active" && !launchBlocked ? (
          <ButtonLink size="small" href={launchHref(projectId, row.id)}>
            <Rocket aria-hidden />
            {t("images.launch")}
          </ButtonLink>
        ) : null,
    },
  ];
}

export function launchHref(projectId: string, imageId: string): string {
  return `/p/${projectId}/instances/launch?image=${imageId}`;
}
