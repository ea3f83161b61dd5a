"use client";

import { useSearchParams } from "next/navigation";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { failureOf } from "../../lib/failure.ts";
import { useMe } from "../../lib/use-me.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { useProjectId } from "../../lib/use-project.ts";
import { PageHelp } from "../shell/help-popover.tsx";
import { Missing } from "../shell/missing.tsx";
import { Page } from "../shell/page.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { SkeletonLines } from "../ui/skeleton.tsx";
import { emptyBoot } from "./disks.ts";
import { type Draft, freshIds, readDraft } from "./draft.ts";
import type { LaunchForm } from "./form-schema.ts";
import { LaunchFormView } from "./launch-form.tsx";
import { useChoices } from "./use-choices.ts";

/** What a link to the form has already chosen; the draft keeps the rest. */
function usePreset(): Partial<LaunchForm> {
  const params = useSearchParams();
  const [volumeId, snapshotId, imageId] = [params.get("volume"), params.get("snapshot"), params.get("image")];
  const chosen = {
    name: params.get("name"),
    imageId,
    boot: bootOf({ volumeId, snapshotId, imageId }),
    flavorId: params.get("flavor"),
    availabilityZone: params.get("zone"),
  };
  return Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== null));
}

type Named = { volumeId: string | null; snapshotId: string | null; imageId: string | null };

function bootOf({ volumeId, snapshotId, imageId }: Named): LaunchForm["boot"] | null {
  if (volumeId !== null) return { ...emptyBoot, kind: "volume", volumeId };
  if (snapshotId !== null) return { ...emptyBoot, kind: "snapshot", snapshotId };
  return imageId === null ? null : emptyBoot;
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
  const allowed = usePermission("instance:create", projectId);
  const preset = usePreset();
  const [draft] = useState(() => withPreset(readDraft(me.user.id, projectId), preset));
  const { choices, broken } = useChoices(projectId, draft.values);
  if (!allowed) return <Missing what="forbidden" />;
  return (
    <Page
      title={t("title")}
      about={t("about")}
      help={<PageHelp topics={["flavor", "image", "bootVolume", "volume", "quota"]} />}
    >
      {broken ? <FailureNotice failure={failureOf(broken.error)} onRetry={() => broken.refetch()} /> : null}
      {!choices && !broken ? <SkeletonLines count={10} label={tCommon("loading")} /> : null}
      {choices ? (
        <LaunchFormView projectId={projectId} userId={me.user.id} draft={draft} choices={choices} />
      ) : null}
    </Page>
  );
}
