"use client";

import { imageFields } from "@madang/core/filter/storage-fields";
import { imageOwners } from "@madang/core/image/status";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import type { ImageRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useRefusal } from "../../lib/use-permission.ts";
import { useProjectId } from "../../lib/use-project.ts";
import { useQueryState } from "../../lib/use-query-state.ts";
import { ListPage } from "../list/list-page.tsx";
import { pageSize, paging, whileAny } from "../list/pages.ts";
import { useListView } from "../list/use-list-view.ts";
import { ImageCard } from "./image-card.tsx";
import { useImageColumns } from "./image-columns.tsx";
import { ImageDrawing } from "./image-drawing.tsx";
import { ImageFilters, imageFilterNames, ViewSwitch } from "./image-filters.tsx";
import { isUnderWay } from "./image-status.tsx";
import { NewImageDialog } from "./new-image-dialog.tsx";
import { OfferedImages } from "./offered-images.tsx";
import { RecentImages } from "./recent-images.tsx";

/** What the project's instances can be made of: its own, what was shared with it, everybody's; as cards or as a list. */
export function ImageListPage() {
  const t = useTranslations("images");
  const trpc = useTRPC();
  const projectId = useProjectId();
  const blocked = useRefusal("image:create", projectId);
  const view = useListView("name", imageFilterNames);
  const [shown, show] = useQueryState("view");
  const [creating, setCreating] = useState(false);
  const asList = shown === "list";
  const status = view.chosen("status");
  const whose = imageOwners.find((one) => one === view.chosen("whose"));
  const filter = { ...view.filter, ...(status ? { status: [status] } : {}), ...(whose ? { whose } : {}) };
  const query = useInfiniteQuery({
    ...trpc.image.list.infiniteQueryOptions({ projectId, filter, sort: view.sort, limit: pageSize }, paging),
    refetchInterval: whileAny<ImageRow>((row) => isUnderWay(row.status)),
  });
  const base = `/p/${projectId}/images`;
  return (
    <>
      <OfferedImages projectId={projectId} />
      <ListPage
        section="images"
        view={view}
        fields={imageFields}
        query={query}
        columns={useImageColumns(projectId)}
        card={asList ? undefined : (image) => <ImageCard projectId={projectId} image={image} />}
        lead={view.filtered ? null : <RecentImages projectId={projectId} />}
        drawing={<ImageDrawing />}
        actions={[{ word: t("create"), blocked, onClick: () => setCreating(true) }]}
        file={{ name: "images", query: { projectId, whose: whose ?? null, status } }}
        filters={
          <>
            <ImageFilters view={view} order={!asList} />
            <ViewSwitch
              shown={asList ? "list" : "gallery"}
              onShow={(next) => show(next === "list" ? next : null)}
            />
          </>
        }
        help={["image", "instance", "quota"]}
        nothing={view.text ? t("nothing", { text: view.text }) : t("nothingSo")}
        hrefOf={(id) => `${base}/${id}`}
      >
        {creating ? <NewImageDialog projectId={projectId} onClose={() => setCreating(false)} /> : null}
      </ListPage>
    </>
  );
}
