"use client";

import { instanceStatuses } from "@madang/core/instance/status";
import { Search, X } from "lucide-react";
import { useTranslations } from "next-intl";
import { useEffect, useState } from "react";
import { IconButton } from "../ui/button.tsx";
import { Input, Select } from "../ui/input.tsx";

type ListFiltersProps = {
  text: string;
  status: string[];
  onText: (text: string | null) => void;
  onStatus: (status: string | null) => void;
};

const typingMs = 250;

/** Text and status; what is typed goes into the address when the typing rests. */
export function ListFilters({ text, status, onText, onStatus }: ListFiltersProps) {
  const t = useTranslations("instances");
  const tStatus = useTranslations("statuses");
  const [typed, setTyped] = useState(text);
  useEffect(() => setTyped(text), [text]);
  useEffect(() => {
    if (typed === text) return;
    const timer = setTimeout(() => onText(typed.trim() || null), typingMs);
    return () => clearTimeout(timer);
  }, [typed, text, onText]);
  return (
    <search className="flex flex-wrap items-center gap-2">
      <div className="relative w-full sm:w-72">
        <Search
          aria-hidden
          className="pointer-events-none absolute top-1/2 left-2.5 size-4 -translate-y-1/2 text-muted"
        />
        <Input
          type="text"
          inputMode="search"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          placeholder={t("filterPlaceholder")}
          aria-label={t("filterLabel")}
          className="px-8"
        />
        {typed ? (
          <IconButton
            label={t("clearText")}
            size="iconSmall"
            className="absolute top-1/2 right-0.5 -translate-y-1/2"
            onClick={() => setTyped("")}
          >
            <X aria-hidden />
          </IconButton>
        ) : null}
      </div>
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
