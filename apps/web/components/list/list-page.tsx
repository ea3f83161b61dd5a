"use client";

import type { FilterFields } from "@madang/core/filter/field";
import { useTranslations } from "next-intl";
import { type ReactNode, useCallback, useMemo } from "react";
import { failureOf } from "../../lib/failure.ts";
import { useQueryState } from "../../lib/use-query-state.ts";
import { FilterBox } from "../filter/filter-box.tsx";
import { isFilterFault } from "../filter/filter-fault.ts";
import { type HelpTopic, PageHelp } from "../shell/help-popover.tsx";
import { Page } from "../shell/page.tsx";
import { Button } from "../ui/button.tsx";
import { type Column, DataTable } from "../ui/data-table.tsx";
import { EmptyState } from "../ui/empty-state.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { TextFilter } from "../ui/text-filter.tsx";
import { CardGrid } from "./card-grid.tsx";
import { CsvLink } from "./csv-link.tsx";
import { ActionButton, type ListAction } from "./list-action.tsx";
import { MoreRows } from "./more-rows.tsx";
import { type PagedQuery, rowsOf } from "./pages.ts";
import { RowPanel } from "./row-panel.tsx";
import { SelectableRows, type SelectionBarOf } from "./selectable-rows.tsx";
import { useShownColumns } from "./shown-columns.tsx";
import { type TableLook, useTableLook } from "./table-look.ts";
import type { ListView } from "./use-list-view.ts";
import { ViewMenu } from "./view-menu.tsx";

type ListPageProps<Row, Name extends string, Filter> = {
  /** Of the catalogue: title, about, filter, total, totalOver, nothing, and empty's title and about. */
  section: string;
  view: ListView<Name>;
  query: PagedQuery<Row>;
  columns: Column<Row>[];
  /** Beside the empty state's words. */
  drawing: ReactNode;
  actions?: readonly ListAction[];
  /** The same rows as a file; `query` is what else than text and order the address of it says. */
  file?: { name: string; query?: Readonly<Record<string, string | null>> };
  /** The words that whoever is new here may not know. */
  help?: readonly HelpTopic[];
  /** What the list can be asked for by name. */
  fields?: FilterFields;
  /** Beside the text filter. */
  filters?: ReactNode;
  /** Each row as a card, in place of the table. */
  card?: ((row: Row) => ReactNode) | undefined;
  /** Above filters and rows, when there are rows. */
  lead?: ReactNode;
  /** In place of the section's own words for it. */
  nothing?: string;
  skeletonRows?: number;
  /** The page of a row, where it has one of its own. */
  hrefOf?: (id: string) => string;
  /** In place of the panel that tells of a row what its columns tell. */
  panel?: (id: string, onClose: () => void) => ReactNode;
  /** Beneath that. */
  panelMore?: (row: Row) => ReactNode;
  /** What can be done with the rows that are selected, in the place of the header. Buttons `small`. */
  selectionBar?: SelectionBarOf<Filter>;
  /** What the list is asked for: makes rows selectable, as "all that match" means it. */
  filter?: Filter;
  /** What a row is called by its box and its panel, where not by its name. */
  nameOf?: (row: Row) => string;
  /** Dialogs. */
  children?: ReactNode;
};

/**
 * Every list of the portal: what it is, what makes one more, its filter, its rows, a row beside them, and what to do when there
 * are none. Filter, order, other choices and the row that is shown stand in the address.
 */
export function ListPage<Row extends { id: string }, Name extends string, Filter>(
  props: ListPageProps<Row, Name, Filter>,
) {
  const { section, view, query, drawing, actions = [], file, help, children } = props;
  const t = useTranslations(section);
  const { rows } = rowsOf(query);
  const [selected, setSelected] = useQueryState("selected");
  const close = useCallback(() => setSelected(null), [setSelected]);
  const bare = query.isSuccess && rows.length === 0 && !view.filtered;
  const buttons = actions.map((action) => <ActionButton key={action.word} action={action} />);
  const tools = (
    <>
      {file ? <CsvLink {...file} view={{ text: view.text, sort: view.sort }} /> : null}
      {buttons}
    </>
  );
  return (
    <div className="flex">
      <div className="min-w-0 flex-1">
        <Page
          title={t("title")}
          about={bare || !t.has("about") ? null : t("about")}
          actions={bare ? null : tools}
          help={help ? <PageHelp topics={help} /> : null}
        >
          {query.isError && faultOf(query) === null ? (
            <FailureNotice failure={failureOf(query.error)} onRetry={() => query.refetch()} />
          ) : null}
          {bare ? (
            <EmptyState drawing={drawing} title={t("empty.title")} about={t("empty.about")}>
              {buttons.length > 0 ? buttons : null}
            </EmptyState>
          ) : (
            <ListBody {...props} selected={selected} onSelect={setSelected} />
          )}
          {children}
        </Page>
      </div>
      {selected ? <PanelOf {...props} selected={selected} onClose={close} /> : null}
    </div>
  );
}

type Shown<Row, Name extends string, Filter> = ListPageProps<Row, Name, Filter> & {
  selected: string | null;
  onSelect: (id: string | null) => void;
};

function PanelOf<Row extends { id: string }, Name extends string, Filter>(
  props: ListPageProps<Row, Name, Filter> & { selected: string; onClose: () => void },
) {
  const { selected, onClose, query, columns, nameOf = nameOrId } = props;
  if (props.panel) return props.panel(selected, onClose);
  const { rows } = rowsOf(query);
  return (
    <RowPanel
      {...{ columns, nameOf, onClose }}
      id={selected}
      row={rows.find(({ id }) => id === selected)}
      pending={query.isPending}
      hrefOf={props.hrefOf}
      more={props.panelMore}
    />
  );
}

function ListBody<Row extends { id: string }, Name extends string, Filter>(props: Shown<Row, Name, Filter>) {
  const { section, view, query } = props;
  const t = useTranslations(section);
  const tLists = useTranslations("lists");
  const look = useTableLook(section);
  const { rows, total } = rowsOf(query);
  return (
    <div className="@container flex flex-col gap-3">
      {props.lead}
      <Toolbar {...props} look={look} />
      {query.isSuccess && rows.length === 0 ? (
        <EmptyState title={props.nothing ?? t("nothing", { text: view.text })}>
          <Button onClick={view.clear}>{tLists("clear")}</Button>
        </EmptyState>
      ) : (
        <Rows {...props} look={look} />
      )}
      <MoreRows query={query} shown={rows.length} total={total} />
    </div>
  );
}

const nameOrId = (row: { id: string; name?: unknown }) => (typeof row.name === "string" ? row.name : row.id);
const idOf = ({ id }: { id: string }) => id;

function Rows<Row extends { id: string }, Name extends string, Filter>(
  props: Shown<Row, Name, Filter> & { look: TableLook },
) {
  const { section, view, query, card, selected, onSelect, skeletonRows = 4, selectionBar, look } = props;
  const { nameOf = nameOrId } = props;
  const t = useTranslations(section);
  const { rows } = useMemo(() => rowsOf({ data: query.data }), [query.data]);
  const { change } = view;
  const sortBy = useCallback((sort: string) => change({ sort }), [change]);
  const toggle = useCallback((id: string) => onSelect(id === selected ? null : id), [onSelect, selected]);
  const columns = useShownColumns({ columns: props.columns, hidden: look.hidden, nameOf, selected, toggle });
  const openRow = useCallback((row: Row) => toggle(row.id), [toggle]);
  const loading = query.isPending ? skeletonRows : 0;
  if (card) return <CardGrid label={t("title")} rows={rows} card={card} loading={loading} />;
  const table = {
    sort: view.sort,
    onSort: sortBy,
    loadingRows: loading,
    density: look.density,
    viewKey: view.key,
    selected,
    onRowClick: openRow,
  };
  if (props.filter === undefined)
    return <DataTable label={t("title")} columns={columns} rows={rows} rowKey={idOf} {...table} />;
  return (
    <SelectableRows
      {...{ columns, query, table, nameOf }}
      label={t("title")}
      filter={props.filter}
      {...(selectionBar ? { bar: selectionBar } : {})}
    />
  );
}

function Toolbar<Row, Name extends string, Filter>(
  props: ListPageProps<Row, Name, Filter> & { look: TableLook },
) {
  const { section, view, query, filters, columns, card, look } = props;
  const t = useTranslations(section);
  const { total, exact } = rowsOf(query);
  const { change } = view;
  const sortBy = useCallback((sort: string) => change({ sort }), [change]);
  const lookFor = useCallback((q: string | null) => change({ q }), [change]);
  return (
    <div className="flex flex-wrap items-center justify-between gap-2">
      <search className="flex min-w-0 flex-wrap items-center gap-2 max-sm:w-full">
        {t.has("filter") ? <Filter {...props} label={t("filter")} onText={lookFor} /> : null}
        {filters}
      </search>
      <div className="flex items-center gap-3 max-sm:w-full max-sm:justify-between">
        <p role="status" className="text-label text-muted tabular-nums">
          {query.isSuccess ? t(exact ? "total" : "totalOver", { count: total }) : ""}
        </p>
        {card ? null : <ViewMenu {...{ columns, look }} list={section} sort={view.sort} onSort={sortBy} />}
      </div>
    </div>
  );
}

/** What the server says of the filter's text, which is said where it stands. */
function faultOf({ isError, error }: Pick<PagedQuery<unknown>, "isError" | "error">) {
  const failure = isError ? failureOf(error) : null;
  return failure && isFilterFault(failure.error) ? failure.error : null;
}

type FilterProps = {
  section: string;
  view: { text: string };
  query: Pick<PagedQuery<unknown>, "isError" | "error">;
  fields?: FilterFields;
  label: string;
  onText: (text: string | null) => void;
};

function Filter({ section, view, query, fields, label, onText }: FilterProps) {
  const { text } = view;
  if (!fields) return <TextFilter {...{ text, label, onText }} />;
  return <FilterBox list={section} fault={faultOf(query)} {...{ text, label, fields, onText }} />;
}
