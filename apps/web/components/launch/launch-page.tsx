"use client";

import { useQuery } from "@tanstack/react-query";
import { useSearchParams } from "next/navigation";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { failureOf } from "../../lib/failure.ts";
import type { ImageRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useMe } from "../../lib/use-me.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { useProjectId } from "../../lib/use-project.ts";
import { Missing } from "../shell/missing.tsx";
import { Page } from "../shell/page.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { SkeletonLines } from "../ui/skeleton.tsx";
import { type Draft, freshIds, readDraft } from "./draft.ts";
import type { LaunchForm } from "./form-schema.ts";
import { LaunchFormView } from "./launch-form.tsx";

/** The API's largest page; more images or flavors than this are not offered in one form. */
const choiceLimit = 500;

/** What a link to the form has already chosen; the draft keeps the rest. */
function usePreset(): Partial<LaunchForm> {
  const params = useSearchParams();
  const chosen = {
    name: params.get("name"),
    imageId: params.get("image"),
    flavorId: params.get("flavor"),
    availabilityZone: params.get("zone"),
  };
  return Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== null));
}

function withPreset(draft: Draft, preset: Partial<LaunchForm>): Draft {
  // Another wish than the one that was being filled in: its instances get ids of their own.
  if (Object.keys(preset).length === 0) return draft;
  return { values: { ...draft.values, ...preset }, ids: freshIds() };
}

/** Everything the form chooses from, fetched before it opens, so that nothing jumps while it is filled in. */
export function LaunchPage() {
  const t = useTranslations("launch");
  const tCommon = useTranslations("common");
  const projectId = useProjectId();
  const me = useMe();
  const trpc = useTRPC();
  const allowed = usePermission("instance:create", projectId);
  const preset = usePreset();
  const [draft] = useState(() => withPreset(readDraft(me.user.id, projectId), preset));
  const images = useQuery(
    trpc.image.list.queryOptions({
      projectId,
      sort: "name",
      limit: choiceLimit,
    }),
  );
  // A community image stands in no list unasked; whoever came from its page asks for it.
  const { imageId } = draft.values;
  const named = useQuery({
    ...trpc.image.list.queryOptions({ projectId, filter: { ids: [imageId] }, limit: 1 }),
    enabled: imageId !== "",
  });
  const flavors = useQuery(trpc.flavor.list.queryOptions({ projectId, limit: choiceLimit }));
  const keyPairs = useQuery(trpc.keyPair.list.queryOptions({ limit: choiceLimit }));
  const quota = useQuery(trpc.project.quota.queryOptions({ projectId }));
  const zones = useQuery(trpc.zone.list.queryOptions({ limit: choiceLimit }));
  const networks = useQuery(
    trpc.network.list.queryOptions({ projectId, filter: { usable: true }, sort: "name", limit: choiceLimit }),
  );
  const ports = useQuery(
    trpc.port.list.queryOptions({ projectId, filter: { free: true }, limit: choiceLimit }),
  );
  const groups = useQuery(
    trpc.securityGroup.list.queryOptions({ projectId, sort: "name", limit: choiceLimit }),
  );
  if (!allowed) return <Missing what="forbidden" />;
  const broken = [images, flavors, keyPairs, quota, zones, networks, ports, groups].find(
    (query) => query.isError && !query.data,
  );
  const machine = images.data && !named.isLoading && flavors.data && zones.data;
  const ready = machine && keyPairs.data && quota.data && networks.data && ports.data && groups.data;
  return (
    <Page title={t("title")} about={t("about")}>
      {broken ? <FailureNotice failure={failureOf(broken.error)} onRetry={() => broken.refetch()} /> : null}
      {!ready && !broken ? <SkeletonLines count={10} label={tCommon("loading")} /> : null}
      {ready ? (
        <LaunchFormView
          projectId={projectId}
          userId={me.user.id}
          draft={draft}
          choices={{
            images: launchable([...images.data.items, ...(named.data?.items ?? [])]),
            flavors: flavors.data.items,
            keyPairs: keyPairs.data.items,
            lines: quota.data.lines,
            zones: zones.data.items,
            networks: networks.data.items,
            ports: ports.data.items,
            groups: groups.data.items,
          }}
        />
      ) : null}
    </Page>
  );
}

/** Each once. */
function launchable(images: readonly ImageRow[]): ImageRow[] {
  const active = images.filter((image) => image.status === "active");
  return [...new Map(active.map((image) => [image.id, image])).values()];
}
