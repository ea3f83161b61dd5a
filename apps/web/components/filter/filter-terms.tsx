"use client";

import type { FilterFields } from "@madang/core/filter/field";
import { parseFilter } from "@madang/core/filter/parse";
import { printFilter } from "@madang/core/filter/print";
import { X } from "lucide-react";
import { useTranslations } from "next-intl";
import { filterFaultOf } from "./filter-fault.ts";
import type { Words } from "./suggest.ts";
import { useFilterWords } from "./use-filter-words.ts";

type FilterTermsProps = { text: string; fields: FilterFields; onText: (text: string) => void };

/** What the filter was understood as, each condition with a button that takes it out. Bare words speak for themselves. */
export function FilterTerms({ text, fields, onText }: FilterTermsProps) {
  const t = useTranslations("filter");
  const words = useFilterWords();
  if (filterFaultOf(text, fields) !== null) return null;
  const terms = parseFilter(text);
  if (terms.every(({ field }) => field === null)) return null;
  return (
    <ul aria-label={t("terms")} className="flex flex-wrap gap-1.5">
      {terms.map((term) => {
        const { field, comparison, values, negated, start } = term;
        const name = field === null ? t("anywhere") : words.field(field);
        const said = values.map((value) => saidOf(`${comparison}${value.text}`, words)).join(", ");
        const rest = printFilter(terms.filter((other) => other !== term));
        const whole = `${negated ? `${t("not")} ` : ""}${name}: ${said}`;
        return (
          <li key={start}>
            <button
              type="button"
              aria-label={t("remove", { term: whole })}
              onClick={() => onText(rest)}
              className="inline-flex max-w-full items-center gap-1 rounded-control border bg-sunken px-2 py-0.5 text-label hover:bg-line pointer-coarse:min-h-9"
            >
              <span className="truncate">{whole}</span>
              <X aria-hidden className="size-3 shrink-0 text-muted" />
            </button>
          </li>
        );
      })}
    </ul>
  );
}

const saidOf = (value: string, words: Words) => words.value(value) || value;
