"use client";

import { anyImageFields } from "@madang/core/filter/storage-fields";
import { imageVisibilities } from "@madang/core/image/status";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import type { AnyImageRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { ImageDrawing } from "../image/image-drawing.tsx";
import { StatusChoice } from "../image/image-filters.tsx";
import { isUnderWay } from "../image/image-status.tsx";
import { ChoiceFilter } from "../list/choice-filter.tsx";
import { ListPage } from "../list/list-page.tsx";
import { pageSize, paging, whileAny } from "../list/pages.ts";
import { type ListView, useListView } from "../list/use-list-view.ts";
import { useAnyImageColumns } from "./any-image-columns.tsx";
import { type AnyImageAct, AnyImageDialog } from "./any-image-dialog.tsx";

const filters = ["status", "visibility"] as const;
type View = ListView<(typeof filters)[number]>;
type Asked = { act: AnyImageAct; image: AnyImageRow };

/** The images of all projects and the cloud's own, with what administrators may do about them. */
export function AnyImagePage() {
  const trpc = useTRPC();
  const view = useListView("-createdAt", filters);
  const [asked, setAsked] = useState<Asked | null>(null);
  const [status, visibility] = [view.chosen("status"), view.chosen("visibility")];
  const filter = {
    ...view.filter,
    ...(status ? { status: [status] } : {}),
    ...(visibility ? { visibility: [visibility] } : {}),
  };
  const query = useInfiniteQuery({
    ...trpc.admin.image.list.infiniteQueryOptions({ filter, sort: view.sort, limit: pageSize }, paging),
    refetchInterval: whileAny<AnyImageRow>((row) => isUnderWay(row.status)),
  });
  return (
    <ListPage
      section="admin.images"
      view={view}
      fields={anyImageFields}
      query={query}
      columns={useAnyImageColumns((act, image) => setAsked({ act, image }))}
      drawing={<ImageDrawing />}
      file={{ name: "cloud-images", query: { status, visibility } }}
      help={["image", "project"]}
      filters={<Filters view={view} />}
      skeletonRows={8}
    >
      {asked ? <AnyImageDialog {...asked} onClose={() => setAsked(null)} /> : null}
    </ListPage>
  );
}

function Filters({ view }: { view: View }) {
  const t = useTranslations("admin.images");
  const tVisibility = useTranslations("images.visibilities");
  return (
    <>
      <StatusChoice view={view} />
      <ChoiceFilter
        label={t("visibility")}
        any={t("anyVisibility")}
        value={view.chosen("visibility")}
        options={imageVisibilities.map((value) => ({ value, label: tVisibility(value) }))}
        onChoose={(visibility) => view.change({ visibility })}
      />
    </>
  );
}
