"use client";

import { useTranslations } from "next-intl";
import { type ReactNode, useCallback, useMemo } from "react";
import { CopyButton } from "../ui/copyable.tsx";
import { type Column, DataTable } from "../ui/data-table.tsx";
import { type PagedQuery, rowsOf } from "./pages.ts";
import type { Selection } from "./selection.ts";
import { SelectionBar } from "./selection-bar.tsx";
import { useSelection } from "./use-selection.ts";

export type SelectionBarOf<Filter> = (selection: Selection<Filter>, clear: () => void) => ReactNode;

type SelectableRowsProps<Row, Filter> = {
  label: string;
  columns: Column<Row>[];
  query: PagedQuery<Row>;
  filter: Filter;
  bar?: SelectionBarOf<Filter>;
  nameOf: (row: Row) => string;
  table: Partial<Parameters<typeof DataTable<Row>>[0]>;
};

const idOf = ({ id }: { id: string }) => id;

/** The rows of a list with a box each, and over the header what can be done with those that are selected. */
export function SelectableRows<Row extends { id: string }, Filter>(props: SelectableRowsProps<Row, Filter>) {
  const { label, columns, query, filter, bar, nameOf, table } = props;
  const t = useTranslations("lists.selection");
  const { rows, total, exact } = useMemo(() => rowsOf({ data: query.data }), [query.data]);
  const ids = useMemo(() => rows.map(idOf), [rows]);
  const whole = query.isSuccess && !query.hasNextPage;
  const { selection, count, isSelected, header, select, clear, all } = useSelection({
    ...{ filter, ids, whole, total },
  });
  const labelOf = useCallback((row: Row) => t("row", { name: nameOf(row) }), [t, nameOf]);
  const more = header === "all" && selection.kind === "ids" && total > ids.length;
  return (
    <div>
      {count > 0 ? (
        <SelectionBar count={count} more={more ? { total, exact, onAll: all } : null} onClear={clear}>
          {bar?.(selection, clear)}
          {selection.kind === "ids" ? (
            <CopyButton text={selection.ids.join("\n")} label={t("copyIds")} />
          ) : null}
        </SelectionBar>
      ) : null}
      <DataTable
        {...table}
        {...{ label, columns, rows }}
        rowKey={idOf}
        covered={count > 0}
        selection={{ isSelected, header, headerLabel: t("loaded"), labelOf, select, clear }}
      />
    </div>
  );
}
