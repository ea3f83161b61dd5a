"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { failureOf } from "../../lib/failure.ts";
import type { ProjectRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { SkeletonLines } from "../ui/skeleton.tsx";
import { useEnableProject } from "./use-project-actions.tsx";

type DialogProps = { project: Pick<ProjectRow, "id" | "name">; onClose: () => void };

/** Says who is put out, and what goes on. */
export function DisableProjectDialog({ project, onClose }: DialogProps) {
  const t = useTranslations("admin.projects.disableDialog");
  const tProjects = useTranslations("admin.projects");
  const tCommon = useTranslations("common");
  const trpc = useTRPC();
  const { setEnabled, pending } = useEnableProject();
  const query = useQuery(trpc.admin.project.get.queryOptions({ id: project.id }));
  const { data } = query;
  const retry = () => void query.refetch();
  const unknown = query.isError ? (
    <FailureNotice failure={failureOf(query.error)} onRetry={retry} />
  ) : (
    <SkeletonLines count={4} label={tCommon("loading")} />
  );
  return (
    <ConfirmDialog
      open
      danger
      pending={pending}
      onClose={onClose}
      title={t("title", { name: project.name })}
      about={
        data ? (
          <ul className="flex list-disc flex-col gap-1.5 pl-4">
            <li className="font-medium text-text">{t("streams")}</li>
            <li>{t("running", { count: data.goes.instances })}</li>
            <li>{t("credentials", { count: data.goes.credentials })}</li>
            <li>{t("back")}</li>
          </ul>
        ) : (
          unknown
        )
      }
      verb={tProjects("disable")}
      onConfirm={() => setEnabled(project, false, onClose)}
    />
  );
}
