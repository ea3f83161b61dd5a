"use client";

import { X } from "lucide-react";
import { useTranslations } from "next-intl";
import { isoText, localText } from "../../lib/local-moment.ts";
import type { QueryChange } from "../../lib/use-query-state.ts";
import { IconButton } from "../ui/button.tsx";
import { Input, Select } from "../ui/input.tsx";
import { TextFilter } from "../ui/text-filter.tsx";
import type { ActivityFilter } from "./use-activity-filter.ts";

/** What a project's trail is about. */
const kinds = [
  "instance",
  "volume",
  "volume_snapshot",
  "image",
  "network",
  "subnet",
  "port",
  "router",
  "floating_ip",
  "security_group",
  "key_pair",
  "application_credential",
  "project",
  "quota",
  "quota_request",
  "user",
  "group",
] as const;
const results = ["accepted", "succeeded", "failed", "refused"] as const;
/** Set by a link alone; each can be taken out. */
const linked = ["resourceId", "requestId", "operationId"] as const;

type Props = { filter: ActivityFilter; onSet: (change: QueryChange) => void };

export function ActivityFilters({ filter, onSet }: Props) {
  const t = useTranslations("activity");
  const tAudit = useTranslations("audit");
  return (
    <search className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center gap-2">
        <TextFilter
          text={filter.actor ?? ""}
          label={t("actorLabel")}
          placeholder={t("actorPlaceholder")}
          onText={(actor) => onSet({ actor })}
        />
        <Select
          className="w-auto max-w-full"
          aria-label={tAudit("kindLabel")}
          value={filter.resourceKind ?? ""}
          onChange={(event) => onSet({ resourceKind: event.target.value })}
        >
          <option value="">{tAudit("anyKind")}</option>
          {kinds.map((kind) => (
            <option key={kind} value={kind}>
              {t(`kinds.${kind}`)}
            </option>
          ))}
        </Select>
        <Select
          className="w-auto max-w-full"
          aria-label={tAudit("resultLabel")}
          value={filter.result ?? ""}
          onChange={(event) => onSet({ result: event.target.value })}
        >
          <option value="">{tAudit("anyResult")}</option>
          {results.map((result) => (
            <option key={result} value={result}>
              {tAudit(`results.${result}`)}
            </option>
          ))}
        </Select>
        {(["from", "to"] as const).map((field) => (
          <span key={field} className="flex items-center gap-1.5 text-label text-muted">
            <span aria-hidden>{tAudit(`fields.${field}`)}</span>
            <Input
              aria-label={tAudit(`fields.${field}`)}
              type="datetime-local"
              className="w-auto"
              value={localText(filter[field])}
              onChange={(event) => onSet({ [field]: isoText(event.target.value) })}
            />
          </span>
        ))}
      </div>
      <LinkedFilters filter={filter} onSet={onSet} />
    </search>
  );
}

function LinkedFilters({ filter, onSet }: Props) {
  const t = useTranslations("activity");
  const tAudit = useTranslations("audit");
  const set = linked.filter((field) => filter[field]);
  if (set.length === 0) return null;
  return (
    <ul aria-label={tAudit("activeFilters")} className="flex flex-wrap gap-1.5">
      {set.map((field) => (
        <li
          key={field}
          className="inline-flex max-w-full items-center gap-1 rounded-full border bg-sunken py-0.5 pr-0.5 pl-2.5 text-label"
        >
          <span className="text-muted">{t(`linked.${field}`)}</span>
          <code className="truncate font-mono">{filter[field]}</code>
          <IconButton
            size="iconSmall"
            className="size-5 pointer-coarse:size-8"
            label={tAudit("removeFilter", { name: t(`linked.${field}`) })}
            onClick={() => onSet({ [field]: null })}
          >
            <X aria-hidden className="size-3" />
          </IconButton>
        </li>
      ))}
    </ul>
  );
}
