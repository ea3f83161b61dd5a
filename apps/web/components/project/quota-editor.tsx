"use client";

import { type Limits, type QuotaLine, type QuotaResource, ruleOf } from "@madang/core/quota/resource";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useFormatter, useTranslations } from "next-intl";
import { useState } from "react";
import { toast } from "sonner";
import { amountText } from "../../lib/amount.ts";
import type { Translate } from "../../lib/error-text.ts";
import { failureOf } from "../../lib/failure.ts";
import { resourceWords, type TypeNames } from "../../lib/resource-words.ts";
import type { ManagedProject } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useFailureToast } from "../../lib/use-failure-toast.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { draftOf, type LimitDrafts, limitOf } from "../quota/limit-draft.ts";
import { LimitField } from "../quota/limit-field.tsx";
import { type LimitRow, pickedRows, TypePicker } from "../quota/type-picker.tsx";
import { Button } from "../ui/button.tsx";

const shownDraft = (line: QuotaLine) => draftOf(line.resource, line.source === "project" ? line.limit : null);

/** What was typed and differs from what counts. */
function changesOf(lines: readonly QuotaLine[], drafts: LimitDrafts) {
  const typed = lines.filter(({ resource }) => drafts[resource] !== undefined);
  return typed
    .filter((line) => drafts[line.resource] !== shownDraft(line))
    .map(({ resource }) => [resource, limitOf(resource, drafts[resource])] as const);
}

/** A type that the project has nothing of, and that nobody limited. */
const unlimitedLine = ({ resource, typeName }: LimitRow): QuotaLine => ({
  ...{ resource, limit: -1, inUse: 0, default: -1, source: "default", until: null },
  ...(typeName === null ? {} : { typeName }),
});

/** Every limit with what is in use beside it. Empty is the default. */
export function QuotaEditor({ project }: { project: ManagedProject }) {
  const t: Translate = useTranslations();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const fail = useFailureToast();
  const allowed = usePermission("quota:manage", null);
  const [drafts, setDrafts] = useState<LimitDrafts>({});
  const [looked, setLooked] = useState<Limits>({});
  const [picked, setPicked] = useState<TypeNames>({});
  const lines = [...project.quota, ...pickedRows(picked, project.quota).map(unlimitedLine)];
  const changes = changesOf(lines, drafts);
  const type = ({ resource, limit }: QuotaLine, draft: string) => {
    setDrafts((before) => ({ ...before, [resource]: draft }));
    setLooked((before) => ({ [resource]: limit, ...before }));
  };
  const save = useMutation(
    trpc.admin.project.setQuota.mutationOptions({
      onSuccess: async () => {
        await queries.invalidateQueries({ queryKey: trpc.admin.project.pathKey() });
        setDrafts({});
        setLooked({});
        toast.success(t("admin.projects.savedToast"));
      },
      onError: (thrown) => {
        fail(thrown);
        if (failureOf(thrown).error.reason !== "changedMeanwhile") return;
        void queries.invalidateQueries({ queryKey: trpc.admin.project.pathKey() });
        // Told so, whoever saves again means it.
        setLooked({});
      },
    }),
  );
  const wasOf = (resources: QuotaResource[]): Limits =>
    Object.fromEntries(
      lines
        .filter(({ resource }) => resources.includes(resource))
        .map(({ resource, limit }) => [resource, looked[resource] ?? limit]),
    );
  const ending = project.state === "deleting" ? t("admin.projects.ending") : null;
  const unchanged = changes.length === 0 ? t("admin.projects.detail.unchanged") : null;
  const wrong = changes.some(([, limit]) => limit === undefined) ? t("admin.limits.invalid") : null;
  const blocked = ending ?? (allowed ? (unchanged ?? wrong) : t("reasons.notPermitted"));
  return (
    <form
      noValidate
      className="flex max-w-3xl flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        const said = changes.flatMap(([resource, limit]) =>
          limit === undefined ? [] : [[resource, limit] as const],
        );
        if (!blocked)
          save.mutate({
            id: project.id,
            limits: Object.fromEntries(said),
            was: wasOf(said.map(([resource]) => resource)),
          });
      }}
    >
      <ul className="flex flex-col divide-y rounded-surface border bg-surface">
        {lines.map((line) => (
          <li
            key={line.resource}
            className="grid items-start gap-x-6 gap-y-2 px-4 py-3 sm:grid-cols-[10rem_1fr]"
          >
            <span className="flex flex-col">
              <span className="text-table font-medium">{resourceWords(t, line.resource, line.typeName)}</span>
              <span className="text-label text-muted tabular-nums">{usedWords(t, line)}</span>
            </span>
            <LimitField
              resource={line.resource}
              typeName={line.typeName}
              draft={drafts[line.resource] ?? shownDraft(line)}
              otherwise={line.default}
              disabled={!allowed || ending !== null}
              onChange={(draft) => type(line, draft)}
              {...noteOf(t, line, drafts[line.resource], looked[line.resource])}
            />
          </li>
        ))}
      </ul>
      {allowed ? <TypePicker shown={lines} onPick={(names) => setPicked({ ...picked, ...names })} /> : null}
      <Untils lines={project.quota} />
      <Button type="submit" tone="primary" className="self-start" blocked={blocked} disabled={save.isPending}>
        {t("admin.projects.detail.saveQuota")}
      </Button>
    </form>
  );
}

function usedWords(t: Translate, { resource, inUse }: QuotaLine): string {
  if (ruleOf(resource).whose === "person") return t("admin.projects.detail.perPerson");
  return t("admin.projects.detail.used", { used: amountText(t, resource, inUse) });
}

function noteOf(t: Translate, line: QuotaLine, draft: string | undefined, looked: number | undefined) {
  const { resource, inUse } = line;
  if (looked !== undefined && looked !== line.limit) {
    const now = amountText(t, resource, line.limit);
    return { note: t("admin.limits.meanwhile", { limit: now }), noteIsWarning: true };
  }
  const typed = limitOf(resource, draft ?? shownDraft(line));
  const limit = typed ?? line.default;
  if (limit >= 0 && limit < inUse) return { note: t("admin.projects.detail.below"), noteIsWarning: true };
  return { note: t("admin.limits.default", { limit: amountText(t, resource, line.default) }) };
}

/** Limits that end by themselves; setting one for good ends that. */
function Untils({ lines }: { lines: readonly QuotaLine[] }) {
  const t: Translate = useTranslations();
  const format = useFormatter();
  const ending = lines.flatMap(({ until, ...line }) => (until ? [{ ...line, until }] : []));
  if (ending.length === 0) return null;
  const amount = (resource: QuotaResource, limit: number) => amountText(t, resource, limit);
  return (
    <ul className="text-label text-muted">
      {ending.map(({ resource, typeName, limit, until }) => (
        <li key={resource}>
          {`${resourceWords(t, resource, typeName)}: `}
          {t("admin.projects.detail.untilNote", {
            limit: amount(resource, limit),
            date: format.dateTime(until.at, { dateStyle: "medium" }),
            afterwards: amount(resource, until.limit),
          })}
        </li>
      ))}
    </ul>
  );
}
