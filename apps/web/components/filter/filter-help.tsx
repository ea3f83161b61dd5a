"use client";

import type { FilterFields } from "@madang/core/filter/field";
import { CircleHelp } from "lucide-react";
import { useTranslations } from "next-intl";
import { IconButton } from "../ui/button.tsx";
import { Popover } from "../ui/popover.tsx";
import { useFilterWords } from "./use-filter-words.ts";

const examples = {
  word: 'web "two words"',
  field: "name:web",
  not: "-name:test",
  either: "name:web,db",
  exact: "name:=web-1",
  more: "vcpus:>=2",
  age: "created:<7d",
  day: "created:2026-01-31",
  none: "key:none",
} as const;

/** How to write a filter, and what this list can be asked. */
export function FilterHelp({ fields }: { fields: FilterFields }) {
  const t = useTranslations("filter");
  const words = useFilterWords();
  return (
    <Popover
      reading
      align="start"
      label={t("help")}
      trigger={
        <IconButton label={t("help")} size="iconSmall" className="text-muted">
          <CircleHelp aria-hidden />
        </IconButton>
      }
    >
      <div className="flex flex-col gap-3 p-4">
        <h2 className="text-body font-semibold">{t("help")}</h2>
        <dl className="grid grid-cols-[auto_1fr] gap-x-3 gap-y-1.5 text-label">
          {Object.entries(examples).map(([key, example]) => (
            <div key={key} className="contents">
              <dt className="font-mono">{example}</dt>
              <dd className="text-muted">{t(`examples.${key}`)}</dd>
            </div>
          ))}
        </dl>
        <h3 className="text-table font-medium">{t("fieldsHere")}</h3>
        <dl className="grid grid-cols-[auto_1fr] gap-x-3 gap-y-1 text-label">
          {Object.keys(fields).map((name) => (
            <div key={name} className="contents">
              <dt className="font-mono">{name}</dt>
              <dd className="text-muted">{words.field(name)}</dd>
            </div>
          ))}
        </dl>
        <p className="text-label text-muted">{t("utc")}</p>
      </div>
    </Popover>
  );
}
