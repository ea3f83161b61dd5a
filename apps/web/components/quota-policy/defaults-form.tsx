"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { toast } from "sonner";
import type { Translate } from "../../lib/error-text.ts";
import { failureOf } from "../../lib/failure.ts";
import type { QuotaDefaultRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useFailureToast } from "../../lib/use-failure-toast.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { Button } from "../ui/button.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { SkeletonLines } from "../ui/skeleton.tsx";
import { draftOf, type LimitDrafts, limitOf } from "./limit-draft.ts";
import { LimitField } from "./limit-field.tsx";

export function DefaultsForm() {
  const t = useTranslations("common");
  const trpc = useTRPC();
  const query = useQuery(trpc.admin.quota.defaults.queryOptions());
  if (query.data) return <Form rows={query.data.defaults} />;
  if (query.isError)
    return <FailureNotice failure={failureOf(query.error)} onRetry={() => query.refetch()} />;
  return <SkeletonLines count={4} label={t("loading")} />;
}

function Form({ rows }: { rows: QuotaDefaultRow[] }) {
  const t: Translate = useTranslations();
  const allowed = usePermission("quota:manage", null);
  const { save, pending } = useSave();
  const [drafts, setDrafts] = useState<LimitDrafts>({});
  const shown = ({ resource, limit }: QuotaDefaultRow) => drafts[resource] ?? draftOf(resource, limit);
  const changed = rows
    .map((row) => ({ ...row, typed: limitOf(row.resource, shown(row)) }))
    .filter(({ typed, limit }) => typed !== limit);
  const said = changed.flatMap(({ resource, typed }) =>
    typeof typed === "number" ? [[resource, typed] as const] : [],
  );
  const unchanged = changed.length === 0 ? t("admin.projects.detail.unchanged") : null;
  const wrong = said.length < changed.length ? t("admin.limits.invalid") : null;
  const blocked = allowed ? (unchanged ?? wrong) : t("reasons.notPermitted");
  return (
    <form
      noValidate
      className="flex max-w-3xl flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (!blocked) save(Object.fromEntries(said), () => setDrafts({}));
      }}
    >
      <ul className="flex flex-col divide-y rounded-surface border bg-surface">
        {rows.map((row) => (
          <li
            key={row.resource}
            className="grid items-start gap-x-6 gap-y-2 px-4 py-3 sm:grid-cols-[10rem_1fr]"
          >
            <span className="text-table font-medium">{t(`resources.${row.resource}`)}</span>
            <LimitField
              resource={row.resource}
              draft={shown(row)}
              otherwise={null}
              disabled={!allowed}
              note={t("admin.quotas.affected", { count: row.affected })}
              onChange={(draft) => setDrafts({ ...drafts, [row.resource]: draft })}
            />
          </li>
        ))}
      </ul>
      <Button type="submit" tone="primary" className="self-start" blocked={blocked} disabled={pending}>
        {t("admin.quotas.saveDefaults")}
      </Button>
    </form>
  );
}

function useSave() {
  const t = useTranslations("admin.projects");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const fail = useFailureToast();
  const change = useMutation(trpc.admin.quota.setDefaults.mutationOptions({ onError: fail }));
  const save = (limits: { [resource: string]: number }, onSaved: () => void) =>
    change.mutate(
      { limits },
      {
        onSuccess: async () => {
          await queries.invalidateQueries({ queryKey: trpc.admin.pathKey() });
          onSaved();
          toast.success(t("savedToast"));
        },
      },
    );
  return { save, pending: change.isPending };
}
