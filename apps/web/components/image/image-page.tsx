"use client";

import { isKnownProperty, settledProperty } from "@madang/core/image/hardware";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { bytesText, diskText, memoryText } from "../../lib/amount.ts";
import { errorText, type Translate } from "../../lib/error-text.ts";
import { failureOf } from "../../lib/failure.ts";
import type { ImageDetail } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { settlingMs } from "../list/pages.ts";
import { Missing } from "../shell/missing.tsx";
import { Page } from "../shell/page.tsx";
import { ExactTime } from "../timeline/moment.tsx";
import { Timeline } from "../timeline/timeline.tsx";
import { CopyableId, CopyButton } from "../ui/copyable.tsx";
import { Fact } from "../ui/fact.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Notice } from "../ui/notice.tsx";
import { Section } from "../ui/section.tsx";
import { SkeletonLines } from "../ui/skeleton.tsx";
import { ImageActions } from "./image-actions.tsx";
import { ImageStatusMark, isUnderWay } from "./image-status.tsx";
import { MemberSection } from "./member-section.tsx";
import { ProgressLine } from "./progress-line.tsx";
import { propertyValueText } from "./property-field-set.tsx";
import { VisibilityMark } from "./visibility-mark.tsx";

const newestEvents = 6;

export function ImagePage({ projectId, id }: { projectId: string; id: string }) {
  const tCommon = useTranslations("common");
  const trpc = useTRPC();
  const image = useQuery(
    trpc.image.get.queryOptions(
      { projectId, id },
      { refetchInterval: ({ state }) => (state.data && isUnderWay(state.data.status) ? settlingMs : false) },
    ),
  );
  const failure = image.error ? failureOf(image.error) : null;
  if (failure && ["NotFound", "InvalidInput"].includes(failure.error.code)) return <Missing what="image" />;
  if (!image.data)
    return (
      <div className="p-6">
        {failure ? (
          <FailureNotice failure={failure} onRetry={() => image.refetch()} />
        ) : (
          <SkeletonLines count={8} label={tCommon("loading")} />
        )}
      </div>
    );
  return <Loaded projectId={projectId} image={image.data} />;
}

type ImageProps = { projectId: string; image: ImageDetail };

function Loaded({ projectId, image }: ImageProps) {
  const t: Translate = useTranslations();
  const mayUpload = usePermission("image:create", projectId);
  return (
    <Page
      title={image.name}
      heading={
        <>
          <span className="line-clamp-2 min-w-0 break-words">{image.name}</span>
          <VisibilityMark image={image} />
          <span className="text-table font-normal">
            <ImageStatusMark status={image.status} />
          </span>
        </>
      }
      about={image.description || null}
      actions={<ImageActions projectId={projectId} image={image} />}
    >
      {image.fault ? (
        <Notice tone="error" title={t("images.refused")}>
          {errorText(t, image.fault)}
        </Notice>
      ) : null}
      <ProgressLine image={image} mayGoOn={mayUpload && image.own} />
      <div className="@container">
        <div className="grid gap-8 @4xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
          <div className="flex min-w-0 flex-col gap-8">
            <Facts image={image} />
            <Properties image={image} />
            {image.own && image.visibility === "shared" ? (
              <MemberSection projectId={projectId} image={image} />
            ) : null}
          </div>
          <Section title={t("images.history")}>
            <Timeline projectId={projectId} resourceId={image.id} pageSize={newestEvents} brief />
          </Section>
        </div>
      </div>
    </Page>
  );
}

function Facts({ image }: { image: ImageDetail }) {
  const t = useTranslations("images");
  const format = image.uploadFormat ?? image.diskFormat;
  return (
    <Section title={t("facts")}>
      <dl>
        <Fact name={t("id")}>
          <CopyableId id={image.id} what={t("id")} whole />
        </Fact>
        <Fact name={t("format")}>{formatText(t, format, image.diskFormat)}</Fact>
        {image.sizeBytes > 0 ? (
          <Fact name={t("size")}>
            <span className="tabular-nums">{bytesText(image.sizeBytes)}</span>
          </Fact>
        ) : null}
        {image.virtualSizeBytes > 0 ? (
          <Fact name={t("disk")}>
            <span className="tabular-nums">{bytesText(image.virtualSizeBytes)}</span>
          </Fact>
        ) : null}
        {image.minDiskGib > 0 ? <Fact name={t("minDisk")}>{diskText(image.minDiskGib)}</Fact> : null}
        {image.minRamMib > 0 ? <Fact name={t("minRam")}>{memoryText(image.minRamMib)}</Fact> : null}
        <Fact name={t("protection")}>{t(image.protected ? "protectedYes" : "protectedNo")}</Fact>
        {image.sourceUrl ? <Fact name={t("source")}>{image.sourceUrl}</Fact> : null}
        {image.madeOf ? (
          <Fact name={t("madeOf")}>
            <MadeOf origin={image.madeOf} projectId={image.projectId} />
          </Fact>
        ) : null}
        {image.sha256 ? <Digest name={t("sha256")} value={image.sha256} /> : null}
        {image.uploadSha256 ? <Digest name={t("uploadSha256")} value={image.uploadSha256} /> : null}
        <Fact name={t("createdAt")}>
          <ExactTime date={image.createdAt} />
        </Fact>
      </dl>
    </Section>
  );
}

/** A CD is kept as it came; everything else is made into one format. */
function formatText(t: ReturnType<typeof useTranslations<"images">>, from: string, to: string): string {
  if (from === to) return from;
  return from === "iso" && to === "raw" ? t("cd") : t("converted", { from, to });
}

const pages = { volume: "volumes", snapshot: "volumes", instance: "instances" } as const;

type MadeOfProps = { origin: NonNullable<ImageDetail["madeOf"]>; projectId: string | null };

/** A snapshot is on the page of its volume. */
function MadeOf({ origin: { kind, id, volumeId, name }, projectId }: MadeOfProps) {
  const t = useTranslations("images");
  if (name === null) return `${t(`madeOfKinds.${kind}`)} (${t("madeOfGone")})`;
  const page = `/p/${projectId}/${pages[kind]}/${kind === "snapshot" ? volumeId : id}`;
  return (
    <>
      {t(`madeOfKinds.${kind}`)}{" "}
      <Link href={page} className="break-words hover:text-accent hover:underline">
        {name}
      </Link>
    </>
  );
}

function Digest({ name, value }: { name: string; value: string }) {
  const t = useTranslations("images");
  return (
    <Fact name={name}>
      <span className="inline-flex min-w-0 items-center gap-1">
        <code className="min-w-0 font-mono text-label break-all">{value}</code>
        <CopyButton text={value} label={t("copy", { what: name })} />
      </span>
    </Fact>
  );
}

/** Those with an effect in words, the others by their names. */
function Properties({ image }: { image: ImageDetail }) {
  const t: Translate = useTranslations();
  const all = Object.entries(image.properties);
  const known = all.flatMap(([name, value]) => (isKnownProperty(name) ? [{ name, value }] : []));
  const others = all.filter(([name]) => !isKnownProperty(name));
  return (
    <Section title={t("images.properties")}>
      {all.length === 0 ? (
        <p className="text-table text-muted">{t("images.noProperties")}</p>
      ) : (
        <dl>
          {known.map(({ name, value }) => (
            <Fact key={name} name={t(`images.hardware.names.${name}`)}>
              {propertyValueText(t, settledProperty(name, value) ?? value)}{" "}
              <code className="font-mono text-label text-muted">{name}</code>
            </Fact>
          ))}
          {others.map(([name, value]) => (
            <Fact key={name} name={name}>
              <span className="break-words">{value}</span>
            </Fact>
          ))}
        </dl>
      )}
      {others.length > 0 ? (
        <p className="text-label break-words text-muted">
          {t("images.hardware.noEffect", { names: others.map(([name]) => name).join(", ") })}
        </p>
      ) : null}
    </Section>
  );
}
