"use client";

import { useTranslations } from "next-intl";
import { type ReactNode, useRef } from "react";
import { ButtonLink } from "../ui/button.tsx";
import { CopyableId } from "../ui/copyable.tsx";
import type { Column } from "../ui/data-table.tsx";
import { Fact } from "../ui/fact.tsx";
import { Notice } from "../ui/notice.tsx";
import { SkeletonLines } from "../ui/skeleton.tsx";
import { SidePanel } from "./side-panel.tsx";
import { choosable } from "./table-look.ts";

type RowPanelProps<Row> = {
  id: string;
  /** Undefined while it isn't among the loaded rows. */
  row: Row | undefined;
  pending: boolean;
  columns: readonly Column<Row>[];
  nameOf: (row: Row) => string;
  hrefOf: ((id: string) => string) | undefined;
  /** Beneath what the columns tell. */
  more: ((row: Row) => ReactNode) | undefined;
  onClose: () => void;
};

/** A row in full: what every column tells of it, also those that don't show, and the way to its own page. */
export function RowPanel<Row extends { id: string; description?: unknown }>(props: RowPanelProps<Row>) {
  const { id, row: present, columns, nameOf, hrefOf, more, onClose } = props;
  const t = useTranslations("lists.panel");
  const last = useRef<Row | undefined>(undefined);
  if (present) last.current = present;
  const row = present ?? (last.current?.id === id ? last.current : undefined);
  return (
    <SidePanel id={id} label={t("label")} title={row ? nameOf(row) : t("title")} onClose={onClose}>
      {!row && props.pending ? <SkeletonLines count={6} label={t("loading")} /> : null}
      {!present && !props.pending ? <Notice>{t(row ? "gone" : "notLoaded")}</Notice> : null}
      {row ? <Facts row={row} columns={columns} /> : null}
      {row && more ? more(row) : null}
      {hrefOf ? (
        <ButtonLink href={hrefOf(id)} className="mt-auto">
          {t("open")}
        </ButtonLink>
      ) : null}
    </SidePanel>
  );
}

function Facts<Row extends { id: string; description?: unknown }>({
  row,
  columns,
}: Pick<RowPanelProps<Row>, "columns"> & { row: Row }) {
  const t = useTranslations("lists.panel");
  const told = choosable(columns);
  const acts = columns.filter(({ key }, index) => index > 0 && !told.some((one) => one.key === key));
  return (
    <>
      {typeof row.description === "string" && row.description ? (
        <p className="text-table break-words text-muted">{row.description}</p>
      ) : null}
      {acts.length > 0 ? (
        <div className="flex flex-wrap items-center gap-1.5">
          {acts.map(({ key, cell }) => (
            <span key={key}>{cell(row)}</span>
          ))}
        </div>
      ) : null}
      <dl>
        {told.map(({ key, title, cell }) => (
          <Fact key={key} name={title}>
            {cell(row)}
          </Fact>
        ))}
        <Fact name={t("id")}>
          <CopyableId id={row.id} what={t("id")} />
        </Fact>
      </dl>
    </>
  );
}
