"use client";

import { useTranslations } from "next-intl";
import { useMemo } from "react";
import type { Translate } from "../../lib/error-text.ts";
import type { Words } from "./suggest.ts";

const spoken = ["filter.values", "statuses", "tasks", "operationStates", "hypervisorStates"] as const;

/** Fields and values in the reader's language; what has no word there is called by its own. */
export function useFilterWords(): Words {
  const t: Translate = useTranslations();
  return useMemo(() => {
    const said = (key: string) => (/^[\w.-]+$/.test(key) && t.has(key) ? t(key) : "");
    return {
      field: (name) => said(`filter.fields.${name}`) || name,
      value: (value) =>
        /^[\w-]+$/.test(value) || /^[<>]/.test(value)
          ? (spoken.map((section) => said(`${section}.${valueKeys[value] ?? value}`)).find(Boolean) ?? "")
          : "",
    };
  }, [t]);
}

/** Catalogue keys hold no signs. */
const valueKeys: Readonly<Record<string, string>> = {
  "<1h": "lastHour",
  "<1d": "lastDay",
  "<7d": "lastWeek",
  ">7d": "overWeek",
  ">30d": "overMonth",
};
