"use client";

import { isIcmp, protocolName } from "@madang/core/network/protocol";
import { Trash2 } from "lucide-react";
import { useTranslations } from "next-intl";
import type { Translate } from "../../lib/error-text.ts";
import type { SecurityRuleRow } from "../../lib/rows.ts";
import { Moment } from "../timeline/moment.tsx";
import { IconButton } from "../ui/button.tsx";
import { type Column, DataTable } from "../ui/data-table.tsx";
import { ruleWords } from "./rule-words.ts";

type RuleTableProps = {
  rows: SecurityRuleRow[];
  loadingRows: number;
  blocked: string | null;
  sort: string;
  onSort: (sort: string) => void;
  onRemove: (rule: SecurityRuleRow) => void;
};

export function RuleTable({ rows, loadingRows, blocked, sort, onSort, onRemove }: RuleTableProps) {
  const t: Translate = useTranslations();
  const columns: Column<SecurityRuleRow>[] = [
    {
      key: "words",
      title: t("securityGroups.columns.allows"),
      cell: (rule) => (
        <span className="flex min-w-0 flex-col">
          <span className="break-words">{ruleWords(t, rule)}</span>
          {rule.description ? (
            <span className="text-label break-words text-muted">{rule.description}</span>
          ) : null}
        </span>
      ),
    },
    {
      key: "etherType",
      title: t("securityGroups.columns.etherType"),
      className: "hidden whitespace-nowrap @3xl:table-cell",
      cell: (rule) => rule.etherType,
    },
    {
      key: "protocol",
      title: t("securityGroups.columns.protocol"),
      sort: "protocol",
      className: "hidden whitespace-nowrap @xl:table-cell",
      cell: (rule) => (
        <code className="font-mono text-label">
          {rule.protocol === null ? "any" : protocolName(rule.protocol)}
        </code>
      ),
    },
    {
      key: "ports",
      title: t("securityGroups.columns.portRange"),
      sort: "ports",
      className: "hidden whitespace-nowrap @xl:table-cell",
      cell: (rule) => <code className="font-mono text-label">{portText(rule)}</code>,
    },
    {
      key: "created",
      title: t("securityGroups.columns.created"),
      sort: "createdAt",
      className: "hidden whitespace-nowrap text-muted @3xl:table-cell",
      cell: (rule) => <Moment date={rule.createdAt} />,
    },
    {
      key: "actions",
      title: <span className="sr-only">{t("securityGroups.columns.actions")}</span>,
      className: "w-px text-right",
      cell: (rule) => (
        <IconButton
          size="iconSmall"
          label={t("securityGroups.removeLabel", { rule: ruleWords(t, rule) })}
          blocked={blocked}
          onClick={() => onRemove(rule)}
        >
          <Trash2 aria-hidden />
        </IconButton>
      ),
    },
  ];
  return (
    <DataTable
      label={t("securityGroups.rules")}
      columns={columns}
      rows={rows}
      rowKey={(rule) => rule.id}
      sort={sort}
      onSort={onSort}
      loadingRows={loadingRows}
    />
  );
}

function portText({ protocol, portMin, portMax }: SecurityRuleRow): string {
  if (portMin === null) return "any";
  if (isIcmp(protocol)) return portMax === null ? `${portMin}` : `${portMin}/${portMax}`;
  return portMax === null || portMax === portMin ? `${portMin}` : `${portMin}–${portMax}`;
}
