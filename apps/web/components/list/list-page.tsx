"use client";

import { type LucideIcon, Plus } from "lucide-react";
import { useTranslations } from "next-intl";
import { type ReactNode, useCallback, useMemo } from "react";
import { failureOf } from "../../lib/failure.ts";
import { type HelpTopic, PageHelp } from "../shell/help-popover.tsx";
import { Page } from "../shell/page.tsx";
import { Button, ButtonLink } from "../ui/button.tsx";
import { type Column, DataTable } from "../ui/data-table.tsx";
import { EmptyState } from "../ui/empty-state.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { TextFilter } from "../ui/text-filter.tsx";
import { CardGrid } from "./card-grid.tsx";
import { CsvLink } from "./csv-link.tsx";
import { MoreRows } from "./more-rows.tsx";
import { type PagedQuery, rowsOf } from "./pages.ts";
import { SelectableRows, type SelectionBarOf } from "./selectable-rows.tsx";
import type { ListView } from "./use-list-view.ts";

/** What makes one more: `onClick` or `href` does it, `blocked` says why it can't be done. */
export type ListAction = {
  word: string;
  icon?: LucideIcon;
  tone?: "primary" | "plain";
  blocked?: string | null;
} & ({ onClick: () => void } | { href: string });

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
  /** Beside the text filter. */
  filters?: ReactNode;
  /** Each row as a card, in place of the table. */
  card?: ((row: Row) => ReactNode) | undefined;
  /** Above filters and rows, when there are rows. */
  lead?: ReactNode;
  /** In place of the section's own words for it. */
  nothing?: string;
  skeletonRows?: number;
  selected?: string | null;
  onOpen?: (row: Row) => void;
  /** Makes rows selectable: what can be done with those that are, in the place of the header. Buttons `small`. */
  selectionBar?: SelectionBarOf<Filter>;
  /** What the list is asked for: "all that match" means it to the bar, so rows are selectable only where it is given. */
  filter?: Filter;
  /** What a row is called by its box. */
  nameOf?: (row: Row) => string;
  /** Dialogs. */
  children?: ReactNode;
};

/** Every list of the portal: what it is, what makes one more, its filter, its rows, and what to do when there are none. */
export function ListPage<Row extends { id: string }, Name extends string, Filter>(
  props: ListPageProps<Row, Name, Filter>,
) {
  const { section, view, query, drawing, actions = [], file, help, children } = props;
  const t = useTranslations(section);
  const { rows } = rowsOf(query);
  const bare = query.isSuccess && rows.length === 0 && !view.filtered;
  const buttons = actions.map((action) => <ActionButton key={action.word} action={action} />);
  const tools = (
    <>
      {file ? <CsvLink {...file} view={{ text: view.text, sort: view.sort }} /> : null}
      {buttons}
    </>
  );
  return (
    <Page
      title={t("title")}
      about={bare || !t.has("about") ? null : t("about")}
      actions={bare ? null : tools}
      help={help ? <PageHelp topics={help} /> : null}
    >
      {query.isError ? (
        <FailureNotice failure={failureOf(query.error)} onRetry={() => query.refetch()} />
      ) : null}
      {bare ? (
        <EmptyState drawing={drawing} title={t("empty.title")} about={t("empty.about")}>
          {buttons.length > 0 ? buttons : null}
        </EmptyState>
      ) : (
        <ListBody {...props} />
      )}
      {children}
    </Page>
  );
}

function ActionButton({ action }: { action: ListAction }) {
  const { word, icon: Icon = Plus, tone = "primary", blocked } = action;
  const inside = (
    <>
      <Icon aria-hidden />
      {word}
    </>
  );
  if ("onClick" in action)
    return (
      <Button tone={tone} blocked={blocked ?? null} onClick={action.onClick}>
        {inside}
      </Button>
    );
  if (blocked)
    return (
      <Button tone={tone} blocked={blocked}>
        {inside}
      </Button>
    );
  return (
    <ButtonLink tone={tone} href={action.href}>
      {inside}
    </ButtonLink>
  );
}

function ListBody<Row extends { id: string }, Name extends string, Filter>(
  props: ListPageProps<Row, Name, Filter>,
) {
  const { section, view, query } = props;
  const t = useTranslations(section);
  const tLists = useTranslations("lists");
  const { rows, total } = rowsOf(query);
  return (
    <div className="@container flex flex-col gap-3">
      {props.lead}
      <Toolbar {...props} />
      {query.isSuccess && rows.length === 0 ? (
        <EmptyState title={props.nothing ?? t("nothing", { text: view.text })}>
          <Button onClick={view.clear}>{tLists("clear")}</Button>
        </EmptyState>
      ) : (
        <Rows {...props} />
      )}
      <MoreRows query={query} shown={rows.length} total={total} />
    </div>
  );
}

const nameOrId = (row: { id: string; name?: unknown }) => (typeof row.name === "string" ? row.name : row.id);

function Rows<Row extends { id: string }, Name extends string, Filter>(
  props: ListPageProps<Row, Name, Filter>,
) {
  const { section, view, query, columns, card, selected, onOpen, skeletonRows = 4, selectionBar } = props;
  const t = useTranslations(section);
  const { rows } = useMemo(() => rowsOf({ data: query.data }), [query.data]);
  const { change } = view;
  const sortBy = useCallback((sort: string) => change({ sort }), [change]);
  const loading = query.isPending ? skeletonRows : 0;
  if (card) return <CardGrid label={t("title")} rows={rows} card={card} loading={loading} />;
  const table = {
    sort: view.sort,
    onSort: sortBy,
    loadingRows: loading,
    ...(selected === undefined ? {} : { selected }),
    ...(onOpen ? { onRowClick: onOpen } : {}),
  };
  if (!selectionBar || props.filter === undefined)
    return <DataTable label={t("title")} columns={columns} rows={rows} rowKey={({ id }) => id} {...table} />;
  return (
    <SelectableRows
      {...{ columns, query, table }}
      label={t("title")}
      filter={props.filter}
      bar={selectionBar}
      nameOf={props.nameOf ?? nameOrId}
    />
  );
}

function Toolbar<Row, Name extends string, Filter>(props: ListPageProps<Row, Name, Filter>) {
  const { section, view, query, filters } = props;
  const t = useTranslations(section);
  const { total, exact } = rowsOf(query);
  const { change } = view;
  const lookFor = useCallback((q: string | null) => change({ q }), [change]);
  return (
    <div className="flex flex-wrap items-center justify-between gap-2">
      <search className="flex min-w-0 flex-wrap items-center gap-2 max-sm:w-full">
        {t.has("filter") ? <TextFilter text={view.text} label={t("filter")} onText={lookFor} /> : null}
        {filters}
      </search>
      <p role="status" className="text-label text-muted tabular-nums">
        {query.isSuccess ? t(exact ? "total" : "totalOver", { count: total }) : ""}
      </p>
    </div>
  );
}
