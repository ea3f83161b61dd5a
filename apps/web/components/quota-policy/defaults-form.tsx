"use client";

import type { Limits } from "@madang/core/quota/resource";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { toast } from "sonner";
import { amountText } from "../../lib/amount.ts";
import type { Translate } from "../../lib/error-text.ts";
import { failureOf } from "../../lib/failure.ts";
import { resourceWords, type TypeNames } from "../../lib/resource-words.ts";
import type { QuotaDefaultRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useFailureToast } from "../../lib/use-failure-toast.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { draftOf, type LimitDrafts, limitOf } from "../quota/limit-draft.ts";
import { LimitField } from "../quota/limit-field.tsx";
import { pickedRows, TypePicker } from "../quota/type-picker.tsx";
import { Button } from "../ui/button.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { SkeletonLines } from "../ui/skeleton.tsx";

export function DefaultsForm() {
  const t = useTranslations("common");
  const trpc = useTRPC();
  const query = useQuery(trpc.admin.quota.defaults.queryOptions());
  if (query.data) return <Form rows={query.data.defaults} />;
  if (query.isError)
    return <FailureNotice failure={failureOf(query.error)} onRetry={() => query.refetch()} />;
  return <SkeletonLines count={4} label={t("loading")} />;
}

/** Nobody counts for how many projects a limit would count that is none yet. */
type Row = Omit<QuotaDefaultRow, "affected"> & { affected: number | null };
const unlimitedRow = { limit: -1, affected: null };

function Form({ rows: stored }: { rows: QuotaDefaultRow[] }) {
  const t: Translate = useTranslations();
  const allowed = usePermission("quota:manage", null);
  const { save, pending } = useSave();
  const [drafts, setDrafts] = useState<LimitDrafts>({});
  const [looked, setLooked] = useState<Limits>({});
  const [picked, setPicked] = useState<TypeNames>({});
  const rows: Row[] = [...stored, ...pickedRows(picked, stored).map((row) => ({ ...row, ...unlimitedRow }))];
  const shown = ({ resource, limit }: Row) => drafts[resource] ?? draftOf(resource, limit);
  const changed = rows
    .map((row) => ({ ...row, typed: limitOf(row.resource, shown(row)) }))
    .filter(({ typed, limit }) => typed !== limit);
  const said = changed.flatMap(({ resource, typed }) =>
    typeof typed === "number" ? [[resource, typed] as const] : [],
  );
  const unchanged = changed.length === 0 ? t("admin.projects.detail.unchanged") : null;
  const wrong = said.length < changed.length ? t("admin.limits.invalid") : null;
  const blocked = allowed ? (unchanged ?? wrong) : t("reasons.notPermitted");
  const forget = () => {
    setDrafts({});
    setLooked({});
  };
  const type = ({ resource, limit }: Row, draft: string) => {
    setDrafts((before) => ({ ...before, [resource]: draft }));
    setLooked((before) => ({ [resource]: limit, ...before }));
  };
  return (
    <form
      noValidate
      className="flex max-w-3xl flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        const was = Object.fromEntries(
          changed.map(({ resource, limit }) => [resource, looked[resource] ?? limit]),
        );
        if (!blocked) save(Object.fromEntries(said), was, { forget, look: () => setLooked({}) });
      }}
    >
      <ul className="flex flex-col divide-y rounded-surface border bg-surface">
        {rows.map((row) => (
          <li
            key={row.resource}
            className="grid items-start gap-x-6 gap-y-2 px-4 py-3 sm:grid-cols-[10rem_1fr]"
          >
            <span className="text-table font-medium">{resourceWords(t, row.resource, row.typeName)}</span>
            <LimitField
              resource={row.resource}
              typeName={row.typeName}
              draft={shown(row)}
              otherwise={null}
              disabled={!allowed}
              {...noteOf(t, row, looked[row.resource])}
              onChange={(draft) => type(row, draft)}
            />
          </li>
        ))}
      </ul>
      {allowed ? <TypePicker shown={rows} onPick={(names) => setPicked({ ...picked, ...names })} /> : null}
      <Button type="submit" tone="primary" className="self-start" blocked={blocked} disabled={pending}>
        {t("admin.quotas.saveDefaults")}
      </Button>
    </form>
  );
}

function noteOf(t: Translate, { resource, limit, affected }: Row, looked: number | undefined) {
  if (looked === undefined || looked === limit)
    return affected === null ? {} : { note: t("admin.quotas.affected", { count: affected }) };
  const now = amountText(t, resource, limit);
  return { note: t("admin.limits.meanwhile", { limit: now }), noteIsWarning: true };
}

/** What becomes of the form: nothing is typed any more, or what counts by now is what was looked at. */
type After = { forget: () => void; look: () => void };

function useSave() {
  const t = useTranslations("admin.projects");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const fail = useFailureToast();
  const change = useMutation(trpc.admin.quota.setDefaults.mutationOptions({ onError: fail }));
  const save = (limits: Limits, was: Limits, { forget, look }: After) =>
    change.mutate(
      { limits, was },
      {
        onSuccess: async () => {
          await queries.invalidateQueries({ queryKey: trpc.admin.pathKey() });
          forget();
          toast.success(t("savedToast"));
        },
        onError: (thrown) => {
          if (failureOf(thrown).error.reason !== "changedMeanwhile") return;
          void queries.invalidateQueries({ queryKey: trpc.admin.pathKey() });
          // Told so, whoever saves again means it.
          look();
        },
      },
    );
  return { save, pending: change.isPending };
}
