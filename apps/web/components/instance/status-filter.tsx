"use client";

import { instanceStatuses } from "@madang/core/instance/status";
import { useTranslations } from "next-intl";
import { ChoiceFilter } from "../list/choice-filter.tsx";

type StatusFilterProps = { status: string | null; onStatus: (status: string | null) => void };

export function StatusFilter({ status, onStatus }: StatusFilterProps) {
  const t = useTranslations("instances");
  const tStatus = useTranslations("statuses");
  return (
    <ChoiceFilter
      label={t("statusFilter")}
      any={t("anyStatus")}
      value={status}
      options={instanceStatuses.map((one) => ({ value: one, label: `${tStatus(one)} · ${one}` }))}
      onChoose={onStatus}
    />
  );
}
