"use client";

import { instanceStatuses } from "@madang/core/instance/status";
import { useTranslations } from "next-intl";
import { Select } from "../ui/input.tsx";
import { TextFilter } from "../ui/text-filter.tsx";

type ListFiltersProps = {
  text: string;
  status: string[];
  onText: (text: string | null) => void;
  onStatus: (status: string | null) => void;
  /** What the text is looked for in; without it the fields of a project's own list. */
  placeholder?: string;
};

export function ListFilters({ text, status, onText, onStatus, placeholder }: ListFiltersProps) {
  const t = useTranslations("instances");
  const tStatus = useTranslations("statuses");
  return (
    <search className="flex flex-wrap items-center gap-2">
      <TextFilter
        text={text}
        label={t("filterLabel")}
        placeholder={placeholder ?? t("filterPlaceholder")}
        onText={onText}
      />
      <Select
        className="w-auto"
        aria-label={t("statusFilter")}
        value={status[0] ?? ""}
        onChange={(event) => onStatus(event.target.value || null)}
      >
        <option value="">{t("anyStatus")}</option>
        {instanceStatuses.map((one) => (
          <option key={one} value={one}>{`${tStatus(one)} · ${one}`}</option>
        ))}
      </Select>
    </search>
  );
}
