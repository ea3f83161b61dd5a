"use client";

import { useQuery } from "@tanstack/react-query";
import { Rocket } from "lucide-react";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { useTRPC } from "../../lib/trpc.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { Moment } from "../timeline/moment.tsx";
import { ImageMark } from "./image-mark.tsx";
import { launchHref } from "./launch-link.tsx";

/** What this person launched from lately, a click from doing it again; nothing where there is none. */
export function RecentImages({ projectId }: { projectId: string }) {
  const t = useTranslations("images.recent");
  const trpc = useTRPC();
  const mayLaunch = usePermission("instance:create", projectId);
  const recent = useQuery({ ...trpc.image.recent.queryOptions({ projectId }), enabled: mayLaunch });
  const images = recent.data ?? [];
  if (!mayLaunch || images.length === 0) return null;
  return (
    <section aria-label={t("title")} className="flex flex-col gap-2">
      <h2 className="text-label font-medium text-muted">{t("title")}</h2>
      <ul className="grid grid-cols-1 gap-2 @xl:grid-cols-2 @4xl:grid-cols-3">
        {images.map((image) => (
          <li key={image.id} className="min-w-0">
            <Link
              href={launchHref(projectId, image.id)}
              className="flex min-w-0 items-center gap-3 rounded-surface border bg-surface px-3 py-2 transition-colors duration-150 hover:border-line-strong"
            >
              <ImageMark image={image} />
              <span className="flex min-w-0 flex-1 flex-col">
                <span className="truncate text-table font-medium" title={image.name}>
                  {image.name}
                </span>
                <span className="text-label text-muted">
                  <Moment date={image.launchedAt} />
                </span>
              </span>
              <Rocket aria-hidden className="size-4 shrink-0 text-muted" />
              <span className="sr-only">{t("launch", { name: image.name })}</span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
