"use client";

import type { QuotaResource } from "@madang/core/quota/resource";
import { isTypeResource, kindOf } from "@madang/core/quota/type-resource";
import { useTranslations } from "next-intl";
import { type ReactNode, useId, useState } from "react";
import { amountText } from "../../lib/amount.ts";
import type { Translate } from "../../lib/error-text.ts";
import { resourceWords } from "../../lib/resource-words.ts";
import { cn } from "../ui/class-names.ts";
import { Input } from "../ui/input.tsx";
import { limitOf, unlimited } from "./limit-draft.ts";

type LimitFieldProps = {
  resource: QuotaResource;
  /** Of the volume type whose limit it is. */
  typeName?: string | null | undefined;
  draft: string;
  onChange: (draft: string) => void;
  /** What counts when it is left empty, or words for it; null: nothing does. */
  otherwise: number | string | null;
  /** Why the server refused it. */
  refused?: string | undefined;
  note?: ReactNode;
  noteIsWarning?: boolean;
  disabled?: boolean;
  /** Names the field where "limit of cores" says too little. */
  label?: string;
};

const unit = (resource: QuotaResource) =>
  ["ram", "gigabytes"].includes(isTypeResource(resource) ? kindOf(resource) : resource) ? "GiB" : "";

/** One limit of a quota: a number in the resource's unit, or no limit. */
export function LimitField(props: LimitFieldProps) {
  const { resource, draft, onChange, otherwise, note, noteIsWarning, disabled } = props;
  const t: Translate = useTranslations();
  const id = useId();
  // Unticked again, the number is still there.
  const [numbered, setNumbered] = useState(draft === unlimited ? "" : draft);
  const unread = limitOf(resource, draft) === undefined;
  const invalid = unread || props.refused !== undefined;
  const name = resourceWords(t, resource, props.typeName);
  const isUnlimited = draft === unlimited;
  const fault = t(resource === "ram" ? "admin.limits.invalidRam" : "admin.limits.invalid");
  const words = (unread ? fault : props.refused) ?? note;
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="relative">
          <Input
            inputMode="decimal"
            autoComplete="off"
            aria-label={props.label ?? t("admin.limits.limitOf", { resource: name })}
            aria-invalid={invalid ? true : undefined}
            aria-describedby={words ? `${id}-note` : undefined}
            disabled={disabled || isUnlimited}
            value={isUnlimited ? "" : draft}
            placeholder={placeholder(t, resource, isUnlimited, otherwise)}
            onChange={(event) => onChange(event.target.value)}
            className={cn("w-40 tabular-nums disabled:opacity-60", unit(resource) && "pr-11")}
          />
          {unit(resource) && !isUnlimited ? (
            <span
              aria-hidden
              className="pointer-events-none absolute top-1/2 right-2.5 -translate-y-1/2 text-label text-muted"
            >
              {unit(resource)}
            </span>
          ) : null}
        </span>
        <label className="flex items-center gap-1.5 text-label text-muted">
          <input
            type="checkbox"
            disabled={disabled}
            aria-label={t("admin.limits.noneOf", { resource: name })}
            checked={isUnlimited}
            onChange={(event) => {
              if (event.target.checked) setNumbered(draft);
              onChange(event.target.checked ? unlimited : numbered);
            }}
            className="size-4 shrink-0 accent-accent"
          />
          {t("admin.limits.none")}
        </label>
      </div>
      {words ? (
        <p
          id={`${id}-note`}
          className={cn("text-label", invalid || noteIsWarning ? "text-danger" : "text-muted")}
        >
          {words}
        </p>
      ) : null}
    </div>
  );
}

function placeholder(
  t: Translate,
  resource: QuotaResource,
  isUnlimited: boolean,
  otherwise: number | string | null,
): string {
  if (isUnlimited) return t("quota.unlimited");
  if (typeof otherwise === "string") return otherwise;
  return otherwise === null ? "" : amountText(t, resource, otherwise);
}
