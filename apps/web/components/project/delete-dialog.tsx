"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { toast } from "sonner";
import { failureOf } from "../../lib/failure.ts";
import type { ManagedProject, ProjectRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useFailureToast } from "../../lib/use-failure-toast.ts";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { SkeletonLines } from "../ui/skeleton.tsx";

type DialogProps = { project: Pick<ProjectRow, "id" | "name">; onClose: () => void };

/** Says what goes with it; the name is typed, for data dies. */
export function DeleteProjectDialog({ project, onClose }: DialogProps) {
  const t = useTranslations("admin.projects.deleteDialog");
  const tProjects = useTranslations("admin.projects");
  const tCommon = useTranslations("common");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const fail = useFailureToast();
  const query = useQuery(trpc.admin.project.get.queryOptions({ id: project.id }));
  const remove = useMutation(
    trpc.admin.project.delete.mutationOptions({
      onSuccess: () => {
        toast.success(t("asked", { name: project.name }));
        void queries.invalidateQueries({ queryKey: trpc.admin.pathKey() });
      },
      onError: fail,
      onSettled: onClose,
    }),
  );
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
      pending={remove.isPending || !query.data}
      onClose={onClose}
      title={t("title", { name: project.name })}
      about={query.data ? <Goes goes={query.data.goes} /> : unknown}
      verb={tProjects("delete")}
      typed={{ expected: project.name, label: t("type", { name: project.name }) }}
      onConfirm={() => remove.mutate({ id: project.id, name: project.name })}
    />
  );
}

function Goes({ goes }: { goes: ManagedProject["goes"] }) {
  const t = useTranslations("admin.projects.deleteDialog");
  const { instances, protectedInstances, images, credentials, members, requests } = goes;
  return (
    <ul className="flex list-disc flex-col gap-1.5 pl-4">
      <li className="font-medium text-text">{t("instances", { count: instances })}</li>
      {protectedInstances > 0 ? (
        <li className="font-medium text-text">{t("protected", { count: protectedInstances })}</li>
      ) : null}
      {images > 0 ? <li>{t("images", { count: images })}</li> : null}
      {credentials > 0 ? <li>{t("credentials", { count: credentials })}</li> : null}
      {requests > 0 ? <li>{t("requests", { count: requests })}</li> : null}
      <li>{t("members", { count: members })}</li>
      <li>{t("trail")}</li>
    </ul>
  );
}
