"use client";

import { type Limits, type QuotaResource, unsaidLimit } from "@madang/core/quota/resource";
import { ChevronRight } from "lucide-react";
import { useTranslations } from "next-intl";
import type { Translate } from "../../lib/error-text.ts";
import { resourceWords, type TypeNames } from "../../lib/resource-words.ts";
import type { QuotaDefaultRow, QuotaTemplateRow } from "../../lib/rows.ts";
import { type LimitDrafts, limitsOf } from "../quota/limit-draft.ts";
import { LimitField } from "../quota/limit-field.tsx";
import { type LimitRow, limitRows, pickedRows, TypePicker } from "../quota/type-picker.tsx";
import { Field } from "../ui/field.tsx";
import { Select } from "../ui/input.tsx";

/** `types`: volume types that were picked for a limit of their own. */
export type QuotaWish = { templateId: string; drafts: LimitDrafts; types: TypeNames };

type QuotaChoiceProps = {
  wish: QuotaWish;
  onChange: (wish: QuotaWish) => void;
  templates: QuotaTemplateRow[];
  defaults: QuotaDefaultRow[];
};

/** What counts for each resource where nothing is typed: the template's limit, else the default. */
export function otherwiseOf({ wish, templates, defaults }: Omit<QuotaChoiceProps, "onChange">) {
  const template: Limits = templates.find(({ id }) => id === wish.templateId)?.limits ?? {};
  const usual = (resource: QuotaResource) =>
    defaults.find((one) => one.resource === resource)?.limit ?? unsaidLimit(resource);
  return (resource: QuotaResource) => template[resource] ?? usual(resource);
}

/** A field for everything that the template or the defaults say something of, and for what was picked. */
export function choiceRows({ wish, templates, defaults }: Omit<QuotaChoiceProps, "onChange">): LimitRow[] {
  const template = templates.find(({ id }) => id === wish.templateId);
  const usual = defaults.filter(({ typeName }) => typeName !== null);
  const known = limitRows(template?.limits ?? {}, template?.typeNames ?? {});
  const shown = new Set(known.map(({ resource }) => resource));
  const said = [...known, ...usual.filter(({ resource }) => !shown.has(resource))];
  return [...said, ...pickedRows(wish.types, said)];
}

/** A template, and single limits instead of its own. */
export function QuotaChoice({ wish, onChange, templates, defaults }: QuotaChoiceProps) {
  const t: Translate = useTranslations();
  const otherwise = otherwiseOf({ wish, templates, defaults });
  const rows = choiceRows({ wish, templates, defaults });
  const changed = Object.keys(limitsOf(wish.drafts) ?? {}).length;
  return (
    <div className="flex flex-col gap-4">
      <Field label={t("admin.projects.form.template")} help={t("admin.projects.form.templateHelp")}>
        {(control) => (
          <Select
            {...control}
            value={wish.templateId}
            onChange={(event) => onChange({ ...wish, templateId: event.target.value })}
          >
            <option value="">{t("admin.projects.form.noTemplate")}</option>
            {templates.map((template) => (
              <option key={template.id} value={template.id}>
                {template.name}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <details className="group rounded-control border">
        <summary className="flex cursor-pointer items-baseline gap-2 px-3 py-2 text-table font-medium">
          <ChevronRight
            aria-hidden
            className="size-3.5 self-center text-muted transition-transform duration-150 group-open:rotate-90"
          />
          {t("admin.projects.form.single")}
          <span className="text-label font-normal text-muted">
            {changed === 0
              ? t("admin.projects.form.singleNone")
              : t("admin.projects.form.singleSome", { count: changed })}
          </span>
        </summary>
        <div className="grid gap-4 border-t p-3 sm:grid-cols-2">
          {rows.map(({ resource, typeName }) => (
            <div key={resource} className="flex flex-col gap-1.5">
              <span aria-hidden className="text-table font-medium">
                {resourceWords(t, resource, typeName)}
              </span>
              <LimitField
                resource={resource}
                typeName={typeName}
                draft={wish.drafts[resource] ?? ""}
                otherwise={otherwise(resource)}
                onChange={(draft) => onChange({ ...wish, drafts: { ...wish.drafts, [resource]: draft } })}
              />
            </div>
          ))}
          <TypePicker
            shown={rows}
            onPick={(names) => onChange({ ...wish, types: { ...wish.types, ...names } })}
          />
        </div>
      </details>
    </div>
  );
}
