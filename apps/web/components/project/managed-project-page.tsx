"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { failureOf } from "../../lib/failure.ts";
import type { ManagedProject } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { Page } from "../shell/page.tsx";
import { Moment } from "../timeline/moment.tsx";
import { TimelineSection } from "../timeline/timeline-section.tsx";
import { Button, ButtonLink } from "../ui/button.tsx";
import { CopyableId } from "../ui/copyable.tsx";
import { EmptyState, YardDrawing } from "../ui/empty-state.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Section } from "../ui/section.tsx";
import { SkeletonLines } from "../ui/skeleton.tsx";
import { DeleteProjectDialog } from "./delete-dialog.tsx";
import { DeletionSection } from "./deletion-section.tsx";
import { DisableProjectDialog } from "./disable-dialog.tsx";
import { EditProjectDialog } from "./edit-dialog.tsx";
import { ProjectState } from "./project-state.tsx";
import { QuotaEditor } from "./quota-editor.tsx";
import { useEnableProject, useProjectBlocked } from "./use-project-actions.tsx";

type Asked = "edit" | "disable" | "delete";

/** One project, with all that an administrator decides about it. */
export function ManagedProjectPage({ id }: { id: string }) {
  const t = useTranslations("admin.projects");
  const tCommon = useTranslations("common");
  const trpc = useTRPC();
  const query = useQuery(trpc.admin.project.get.queryOptions({ id }, { retry: false }));
  const failure = query.isError ? failureOf(query.error) : null;
  if (failure?.error.reason === "projectNotFound") return <Gone wasThere={query.data !== undefined} />;
  if (query.data) return <Project project={query.data} />;
  return (
    <Page title={t("title")}>
      {failure ? (
        <FailureNotice failure={failure} onRetry={() => query.refetch()} />
      ) : (
        <SkeletonLines count={10} label={tCommon("loading")} />
      )}
    </Page>
  );
}

function Gone({ wasThere }: { wasThere: boolean }) {
  const t = useTranslations("admin.projects.detail");
  const tMissing = useTranslations("missing.project");
  return (
    <div role="status">
      <EmptyState
        heading="h1"
        drawing={<YardDrawing />}
        title={wasThere ? t("gone") : tMissing("title")}
        about={wasThere ? t("goneAbout") : null}
      >
        <ButtonLink href="/admin/projects" tone="primary">
          {t("back")}
        </ButtonLink>
      </EmptyState>
    </div>
  );
}

function Project({ project }: { project: ManagedProject }) {
  const t = useTranslations("admin.projects");
  const tDetail = useTranslations("admin.projects.detail");
  const [asked, setAsked] = useState<Asked | null>(null);
  const blocked = useProjectBlocked(project);
  const close = () => setAsked(null);
  return (
    <Page
      title={project.name}
      heading={
        <>
          <span className="min-w-0 break-words">{project.name}</span>
          <ProjectState project={project} />
        </>
      }
      about={project.description || null}
      actions={
        <>
          <Button blocked={blocked.change} onClick={() => setAsked("edit")}>
            {t("edit")}
          </Button>
          {project.enabled ? (
            <ButtonLink href={`/p/${project.id}`}>{tDetail("openProject")}</ButtonLink>
          ) : null}
        </>
      }
    >
      <div className="flex flex-col gap-8">
        {project.deletion ? <DeletionSection project={project} deletion={project.deletion} /> : null}
        <Facts project={project} />
        <Section title={tDetail("quota")} about={tDetail("quotaAbout")}>
          <QuotaEditor key={project.id} project={project} />
        </Section>
        <TimelineSection projectId={null} resourceId={project.id} />
        <Danger project={project} blocked={blocked} onAsk={setAsked} />
      </div>
      {asked === "edit" ? <EditProjectDialog project={project} onClose={close} /> : null}
      {asked === "disable" ? <DisableProjectDialog project={project} onClose={close} /> : null}
      {asked === "delete" ? <DeleteProjectDialog project={project} onClose={close} /> : null}
    </Page>
  );
}

function Facts({ project }: { project: ManagedProject }) {
  const t = useTranslations("admin.projects");
  const tDetail = useTranslations("admin.projects.detail");
  return (
    <dl className="grid max-w-3xl grid-cols-[max-content_1fr] gap-x-6 gap-y-1.5 text-table [&_dt]:text-muted">
      <dt>{tDetail("id")}</dt>
      <dd>
        <CopyableId id={project.id} what={tDetail("id")} />
      </dd>
      <dt>{t("created")}</dt>
      <dd>
        <Moment date={project.createdAt} />
      </dd>
      <dt>{tDetail("members")}</dt>
      <dd>
        {tDetail("membersOf", { count: project.members })}{" "}
        {project.enabled ? (
          <Link href={`/p/${project.id}/members`} className="text-accent underline underline-offset-2">
            {tDetail("openMembers")}
          </Link>
        ) : null}
      </dd>
    </dl>
  );
}

type DangerProps = {
  project: ManagedProject;
  blocked: { change: string | null; remove: string | null };
  onAsk: (asked: Asked) => void;
};

function Danger({ project, blocked, onAsk }: DangerProps) {
  const t = useTranslations("admin.projects");
  const tDetail = useTranslations("admin.projects.detail");
  const { setEnabled, pending } = useEnableProject();
  const row = "flex flex-wrap items-center justify-between gap-x-6 gap-y-2 px-4 py-3";
  return (
    <Section title={tDetail("danger")}>
      <div className="flex max-w-3xl flex-col divide-y rounded-surface border border-danger/40">
        <div className={row}>
          <p className="min-w-0 flex-1 basis-60 text-table text-muted">
            {tDetail(project.enabled ? "disableAbout" : "enableAbout")}
          </p>
          {project.enabled ? (
            <Button blocked={blocked.change} onClick={() => onAsk("disable")}>
              {t("disable")}
            </Button>
          ) : (
            <Button blocked={blocked.change} disabled={pending} onClick={() => setEnabled(project, true)}>
              {t("enable")}
            </Button>
          )}
        </div>
        <div className={row}>
          <p className="min-w-0 flex-1 basis-60 text-table text-muted">{tDetail("deleteAbout")}</p>
          <Button tone="dangerQuiet" blocked={blocked.remove} onClick={() => onAsk("delete")}>
            {t("delete")}
          </Button>
        </div>
      </div>
    </Section>
  );
}
