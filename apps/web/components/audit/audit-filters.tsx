"use client";

import { auditFields } from "@madang/core/filter/log-fields";
import { Filter, X } from "lucide-react";
import { useFormatter, useTranslations } from "next-intl";
import { useState } from "react";
import { isoText, localText } from "../../lib/local-moment.ts";
import { FilterBox } from "../filter/filter-box.tsx";
import { Button, IconButton } from "../ui/button.tsx";
import { Field } from "../ui/field.tsx";
import { Input, Select } from "../ui/input.tsx";
import type { AuditField, AuditFilter } from "./use-audit-filter.ts";

/** What the trail can be about, and how an act can end. */
const kinds = [
  "instance",
  "key_pair",
  "application_credential",
  "project",
  "quota",
  "quota_request",
  "quota_template",
  "user",
  "group",
  "session",
  "flavor",
  "hypervisor",
  "aggregate",
  "placement",
  "join_token",
  "procedure",
  "export",
  "trail",
] as const;
const results = ["accepted", "succeeded", "failed", "refused"] as const;
const more = ["action", "address", "requestId", "from", "to"] as const;

type Props = { filter: AuditFilter; onSet: (changes: { [F in AuditField]?: string | null }) => void };

export function AuditFilters({ filter, onSet }: Props) {
  const t = useTranslations("audit");
  const [open, setOpen] = useState(() => more.some((field) => filter[field]));
  return (
    <search className="flex min-w-0 flex-col gap-3">
      <div className="flex flex-wrap items-center gap-2">
        <FilterBox
          list="audit"
          text={filter.text ?? ""}
          label={t("textLabel")}
          fields={auditFields}
          onText={(text) => onSet({ text })}
        />
        <Select
          className="w-auto max-w-full"
          aria-label={t("kindLabel")}
          value={filter.resourceKind ?? ""}
          onChange={(event) => onSet({ resourceKind: event.target.value || null })}
        >
          <option value="">{t("anyKind")}</option>
          {kinds.map((kind) => (
            <option key={kind} value={kind}>
              {t(`kinds.${kind}`)}
            </option>
          ))}
        </Select>
        <Select
          className="w-auto max-w-full"
          aria-label={t("resultLabel")}
          value={filter.result ?? ""}
          onChange={(event) => onSet({ result: event.target.value || null })}
        >
          <option value="">{t("anyResult")}</option>
          {results.map((result) => (
            <option key={result} value={result}>
              {t(`results.${result}`)}
            </option>
          ))}
        </Select>
        <Button aria-expanded={open} onClick={() => setOpen(!open)}>
          <Filter aria-hidden />
          {t("moreFilters")}
        </Button>
      </div>
      {open ? <MoreFilters filter={filter} onSet={onSet} /> : null}
    </search>
  );
}

/** Each goes into the address when the field is left, or with Enter. */
function MoreFilters({ filter, onSet }: Props) {
  const t = useTranslations("audit");
  const text = (field: "action" | "address" | "requestId") => (
    <Field label={t(`fields.${field}`)}>
      {(ids) => (
        <Input
          {...ids}
          key={filter[field]}
          defaultValue={filter[field] ?? ""}
          maxLength={255}
          spellCheck={false}
          className="font-mono"
          placeholder={t(`examples.${field}`)}
          onBlur={(event) => onSet({ [field]: event.target.value.trim() || null })}
          onKeyDown={(event) =>
            event.key === "Enter" ? onSet({ [field]: event.currentTarget.value.trim() || null }) : undefined
          }
        />
      )}
    </Field>
  );
  const moment = (field: "from" | "to") => (
    <Field label={t(`fields.${field}`)}>
      {(ids) => (
        <Input
          {...ids}
          type="datetime-local"
          value={localText(filter[field])}
          onChange={(event) => onSet({ [field]: isoText(event.target.value) })}
        />
      )}
    </Field>
  );
  return (
    <div className="grid max-w-5xl gap-3 rounded-surface border p-3 @xl:grid-cols-2 @4xl:grid-cols-5">
      {text("action")}
      {text("address")}
      {text("requestId")}
      {moment("from")}
      {moment("to")}
    </div>
  );
}

/** Those that a click on a line sets, or that lie folded away: each can be taken out. */
export function FilterChips({ filter, onSet }: Props) {
  const t = useTranslations("audit");
  const format = useFormatter();
  const chips = (["actorId", "resourceId", "projectId", ...more] as const).filter((field) => filter[field]);
  if (chips.length === 0) return null;
  const words = (field: AuditField, value: string) => {
    if (field !== "from" && field !== "to") return value;
    const date = new Date(value);
    return Number.isNaN(date.getTime())
      ? value
      : format.dateTime(date, { dateStyle: "medium", timeStyle: "short" });
  };
  return (
    <ul aria-label={t("activeFilters")} className="flex flex-wrap gap-1.5">
      {chips.map((field) => (
        <li
          key={field}
          className="inline-flex max-w-full items-center gap-1 rounded-full border bg-sunken py-0.5 pr-0.5 pl-2.5 text-label"
        >
          <span className="text-muted">{t(`fields.${field}`)}</span>
          <code className="truncate font-mono">{words(field, filter[field] ?? "")}</code>
          <IconButton
            size="iconSmall"
            className="size-5 pointer-coarse:size-8"
            label={t("removeFilter", { name: t(`fields.${field}`) })}
            onClick={() => onSet({ [field]: null })}
          >
            <X aria-hidden className="size-3" />
          </IconButton>
        </li>
      ))}
    </ul>
  );
}
