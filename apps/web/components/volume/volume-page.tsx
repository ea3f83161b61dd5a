"use client";

import { useQuery } from "@tanstack/react-query";
import { Camera, CircleX, Plug, Rocket, Unplug } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { bytesText, diskText } from "../../lib/amount.ts";
import { errorText, type Translate } from "../../lib/error-text.ts";
import { failureOf } from "../../lib/failure.ts";
import type { VolumeRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { launchFrom, useLaunchBlocked } from "../launch/launch-link.ts";
import { settlingMs } from "../list/pages.ts";
import { Missing } from "../shell/missing.tsx";
import { Page } from "../shell/page.tsx";
import { ExactTime } from "../timeline/moment.tsx";
import { Timeline } from "../timeline/timeline.tsx";
import { Button, ButtonLink } from "../ui/button.tsx";
import { CopyableId } from "../ui/copyable.tsx";
import { Fact } from "../ui/fact.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Notice } from "../ui/notice.tsx";
import { Section } from "../ui/section.tsx";
import { SkeletonLines } from "../ui/skeleton.tsx";
import { SnapshotSection } from "./snapshot-section.tsx";
import { VolumeStatusMark } from "./status-mark.tsx";
import { isUnderWay, useVolumeBlocked } from "./use-volumes.ts";
import { AttachedTo } from "./volume-columns.tsx";
import { type MenuAction, VolumeDialog, VolumeMenu } from "./volume-menu.tsx";

const newestEvents = 8;

export function VolumePage({ projectId, id }: { projectId: string; id: string }) {
  const tCommon = useTranslations("common");
  const trpc = useTRPC();
  const volume = useQuery(
    trpc.volume.get.queryOptions(
      { projectId, id },
      { refetchInterval: ({ state }) => (state.data && isUnderWay(state.data) ? settlingMs : false) },
    ),
  );
  const failure = volume.error ? failureOf(volume.error) : null;
  if (failure && ["NotFound", "InvalidInput"].includes(failure.error.code)) return <Missing what="volume" />;
  if (!volume.data) {
    return (
      <div className="p-6">
        {failure ? (
          <FailureNotice failure={failure} onRetry={() => volume.refetch()} />
        ) : (
          <SkeletonLines count={8} label={tCommon("loading")} />
        )}
      </div>
    );
  }
  return <Loaded projectId={projectId} volume={volume.data} />;
}

type VolumeProps = { projectId: string; volume: VolumeRow };

function Loaded({ projectId, volume }: VolumeProps) {
  const t: Translate = useTranslations();
  return (
    <Page
      title={volume.name}
      heading={
        <>
          <span className="line-clamp-2 min-w-0 break-words">{volume.name}</span>
          <span className="text-table font-normal">
            <VolumeStatusMark status={volume.status} percent={volume.percent} />
          </span>
        </>
      }
      about={volume.description || null}
      actions={<PrimaryActions projectId={projectId} volume={volume} />}
    >
      {volume.fault ? <Notice tone="error">{errorText(t, volume.fault)}</Notice> : null}
      <div className="@container">
        <div className="grid gap-8 @4xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
          <div className="flex min-w-0 flex-col gap-8">
            <Section title={t("volumes.facts")}>
              <Facts projectId={projectId} volume={volume} />
            </Section>
            <SnapshotSection projectId={projectId} volume={volume} />
          </div>
          <div className="flex min-w-0 flex-col gap-8">
            <Metadata volume={volume} />
            <Section title={t("volumes.activity")}>
              <Timeline projectId={projectId} resourceId={volume.id} pageSize={newestEvents} brief />
            </Section>
          </div>
        </div>
      </div>
    </Page>
  );
}

/** The likeliest as a button, the rest in the menu. */
function PrimaryActions({ projectId, volume }: VolumeProps) {
  const t = useTranslations("volumes");
  const blocked = useVolumeBlocked(projectId);
  const launchBlocked = useLaunchBlocked(projectId).volume(volume);
  const [asked, setAsked] = useState<MenuAction | null>(null);
  const action = volume.attachment ? "detach" : "attach";
  const Icon = volume.attachment ? Unplug : Plug;
  return (
    <>
      <StopButton volume={volume} blocked={blocked} onAsk={setAsked} />
      {volume.bootable && !launchBlocked ? (
        <ButtonLink href={launchFrom(projectId, { volume })}>
          <Rocket aria-hidden />
          {t("launch")}
        </ButtonLink>
      ) : null}
      <Button blocked={blocked("snapshot", volume)} onClick={() => setAsked("snapshot")}>
        <Camera aria-hidden />
        {t("actions.snapshot")}
      </Button>
      <Button
        tone={volume.attachment ? "plain" : "primary"}
        blocked={blocked(action, volume)}
        onClick={() => setAsked(action)}
      >
        <Icon aria-hidden />
        {t(`actions.${action}`)}
      </Button>
      <VolumeMenu projectId={projectId} volume={volume} />
      <VolumeDialog projectId={projectId} volume={volume} asked={asked} onClose={() => setAsked(null)} />
    </>
  );
}

type StopProps = {
  volume: VolumeRow;
  blocked: ReturnType<typeof useVolumeBlocked>;
  onAsk: (action: MenuAction) => void;
};

/** Ends what its hypervisor is doing for long: half a copy goes, a revert that is not begun is not done. */
function StopButton({ volume, blocked, onAsk }: StopProps) {
  const t = useTranslations("volumes");
  const { status, source } = volume;
  const isCopying = status === "creating" && (source === "volume" || source === "snapshot");
  const action = isCopying ? "delete" : "callOff";
  if (!isCopying && status !== "reverting") return null;
  return (
    <Button blocked={blocked(action, volume)} onClick={() => onAsk(action)}>
      <CircleX aria-hidden />
      {t(isCopying ? "stopCopy" : "actions.callOff")}
    </Button>
  );
}

function Facts({ projectId, volume }: VolumeProps) {
  const t = useTranslations("volumes");
  const { attachment, usedBytes } = volume;
  return (
    <dl>
      <Fact name={t("columns.size")}>
        {diskText(volume.sizeGib)}
        {usedBytes === null ? null : (
          <span className="text-muted"> · {t("usedOf", { used: bytesText(usedBytes) })}</span>
        )}
      </Fact>
      <Fact name={t("columns.instance")}>
        <AttachedTo projectId={projectId} volume={volume} />
        {attachment?.readOnly ? <span className="text-muted"> · {t("readOnly")}</span> : null}
        {attachment?.deleteWithInstance ? <span className="text-muted"> · {t("goesWith")}</span> : null}
      </Fact>
      <Fact name={t("columns.serial")}>
        <code className="font-mono">{volume.id.slice(0, 20)}</code>
        <span className="block text-label text-muted">{t("serialHelp")}</span>
      </Fact>
      <Fact name={t("place")}>
        {volume.placed ? t("placed", { zone: volume.zone ?? "" }) : t("unplaced")}
      </Fact>
      <Fact name={t("columns.type")}>{volume.volumeTypeName}</Fact>
      <Fact name={t("sourceLabel")}>
        {t(`sources.${volume.source}`)}
        {volume.sourceName ? <span className="break-words"> · {volume.sourceName}</span> : null}
      </Fact>
      <Fact name={t("bootable")}>{t(volume.bootable ? "yes" : "no")}</Fact>
      <Fact name={t("protection")}>{t(volume.deleteProtection ? "yes" : "no")}</Fact>
      {volume.transferring ? <Fact name={t("transfer.fact")}>{t("transfer.open")}</Fact> : null}
      <Fact name={t("id")}>
        <CopyableId id={volume.id} what={t("id")} whole />
      </Fact>
      <Fact name={t("columns.created")}>
        <ExactTime date={volume.createdAt} />
        {volume.userName ? <span className="text-muted"> · {volume.userName}</span> : null}
      </Fact>
    </dl>
  );
}

function Metadata({ volume }: { volume: VolumeRow }) {
  const t = useTranslations("volumes");
  const entries = Object.entries(volume.metadata).toSorted(([left], [right]) => left.localeCompare(right));
  if (entries.length === 0) return null;
  return (
    <Section title={t("metadata")}>
      <dl>
        {entries.map(([name, value]) => (
          <Fact key={name} name={name}>
            <span className="break-words">{value}</span>
          </Fact>
        ))}
      </dl>
    </Section>
  );
}
