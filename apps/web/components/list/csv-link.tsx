"use client";

import { Download } from "lucide-react";
import { useTranslations } from "next-intl";
import { ButtonLink } from "../ui/button.tsx";
import type { ListView } from "./use-list-view.ts";

type CsvLinkProps = {
  name: string;
  query?: Readonly<Record<string, string | null>>;
  view?: Partial<Pick<ListView, "text" | "sort">>;
  /** Of what, where a page has several. */
  label?: string;
};

/** All rows that the filter finds, not only those that were scrolled to. */
export function CsvLink({ name, query = {}, view = {}, label }: CsvLinkProps) {
  const t = useTranslations("lists");
  const asked = Object.entries({ ...query, ...view });
  const file = new URLSearchParams(asked.flatMap(([key, value]) => (value ? [[key, value]] : [])));
  return (
    <ButtonLink
      href={`/api/export/${name}.csv?${file}`}
      prefetch={false}
      download
      title={t("csvAbout")}
      className="max-sm:px-2"
    >
      <Download aria-hidden />
      <span className="max-sm:sr-only">{t("csv")}</span>
      {label ? <span className="sr-only">{label}</span> : null}
    </ButtonLink>
  );
}
