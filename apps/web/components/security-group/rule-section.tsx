"use client";

import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import type { Translate } from "../../lib/error-text.ts";
import { failureOf } from "../../lib/failure.ts";
import type { SecurityGroupDetail, SecurityRuleRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useFailureToast } from "../../lib/use-failure-toast.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { useQueryState } from "../../lib/use-query-state.ts";
import { CsvLink } from "../list/csv-link.tsx";
import { MoreRows } from "../list/more-rows.tsx";
import { pageSize, paging, rowsOf } from "../list/pages.ts";
import { Button } from "../ui/button.tsx";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Notice } from "../ui/notice.tsx";
import { Section } from "../ui/section.tsx";
import { Segments } from "../ui/segments.tsx";
import { RuleDialog } from "./rule-dialog.tsx";
import { RuleTable } from "./rule-table.tsx";
import { ruleWords } from "./rule-words.ts";

const skeletonRows = 3;
const directions = ["ingress", "egress"] as const;
type Direction = (typeof directions)[number];

type Props = { projectId: string; group: SecurityGroupDetail };

function useRules({ projectId, group }: Props, direction: Direction, sort: string) {
  const trpc = useTRPC();
  const query = useInfiniteQuery(
    trpc.securityGroup.listRules.infiniteQueryOptions(
      { projectId, id: group.id, filter: { direction }, sort, limit: pageSize },
      paging,
    ),
  );
  return { query, ...rowsOf(query) };
}

/** The rules of one direction, in words; added and removed here. */
export function RuleSection({ projectId, group }: Props) {
  const t = useTranslations("securityGroups");
  const tReasons = useTranslations("reasons");
  const blocked = usePermission("security_group:update", projectId) ? null : tReasons("notPermitted");
  const [wanted, setWanted] = useQueryState("direction");
  const [sort, setSort] = useQueryState("sort");
  const direction = directions.find((known) => known === wanted) ?? "ingress";
  const [adding, setAdding] = useState(false);
  const [leaving, setLeaving] = useState<SecurityRuleRow | null>(null);
  const { query, rows, total } = useRules({ projectId, group }, direction, sort ?? "createdAt");
  const empty = query.isSuccess && rows.length === 0;
  return (
    <Section title={t("rules")} about={t("rulesAbout")}>
      <div className="flex flex-wrap items-center justify-between gap-2">
        <Segments
          label={t("direction")}
          value={direction}
          onChange={(next) => setWanted(next === "ingress" ? null : next)}
          options={directions.map((value) => ({ value, label: t(`directions.${value}`) }))}
        />
        <div className="flex flex-wrap gap-2">
          {empty ? null : (
            <CsvLink
              name="security-group-rules"
              query={{ projectId, id: group.id, direction }}
              view={{ sort: sort ?? "createdAt" }}
              label={t("rules")}
            />
          )}
          <Button tone="primary" blocked={blocked} onClick={() => setAdding(true)}>
            <Plus aria-hidden />
            {t("addRule")}
          </Button>
        </div>
      </div>
      {query.isError ? (
        <FailureNotice failure={failureOf(query.error)} onRetry={() => query.refetch()} />
      ) : null}
      {empty ? (
        <Notice title={t(`none.${direction}`)}>{t(`noneAbout.${direction}`)}</Notice>
      ) : (
        <RuleTable
          rows={rows}
          loadingRows={query.isPending ? skeletonRows : 0}
          blocked={blocked}
          sort={sort ?? "createdAt"}
          onSort={setSort}
          onRemove={setLeaving}
        />
      )}
      <MoreRows query={query} shown={rows.length} total={total} />
      {adding ? (
        <RuleDialog
          projectId={projectId}
          group={group}
          direction={direction}
          onClose={() => setAdding(false)}
        />
      ) : null}
      {leaving ? (
        <RemoveRule projectId={projectId} group={group} rule={leaving} onClose={() => setLeaving(null)} />
      ) : null}
    </Section>
  );
}

function RemoveRule({
  projectId,
  group,
  rule,
  onClose,
}: Props & { rule: SecurityRuleRow; onClose: () => void }) {
  const t: Translate = useTranslations();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const fail = useFailureToast();
  const remove = useMutation(
    trpc.securityGroup.removeRule.mutationOptions({
      onError: fail,
      onSettled: () => {
        void queries.invalidateQueries({ queryKey: trpc.securityGroup.pathKey() });
        onClose();
      },
    }),
  );
  return (
    <ConfirmDialog
      open
      danger
      pending={remove.isPending}
      onClose={onClose}
      title={t("securityGroups.removeTitle")}
      about={
        <>
          <p className="font-medium text-text">{ruleWords(t, rule)}</p>
          <p className="mt-2">{t("securityGroups.removeAbout", { count: group.portCount })}</p>
        </>
      }
      verb={t("securityGroups.remove")}
      onConfirm={() => remove.mutate({ projectId, id: group.id, ruleId: rule.id })}
    />
  );
}
