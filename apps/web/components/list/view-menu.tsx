"use client";

import { ArrowDown, ArrowUp, Bookmark, BookmarkPlus, SlidersHorizontal } from "lucide-react";
import dynamic from "next/dynamic";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { Button } from "../ui/button.tsx";
import { Menu, MenuCheck, MenuChoice, MenuItem, MenuLabel, MenuSeparator } from "../ui/menu.tsx";
import { viewQuery } from "./saved-views.ts";
import { choosable, densities, type TableLook } from "./table-look.ts";
import { useSavedViews } from "./use-saved-views.ts";

const ViewDialog = dynamic(() => import("./view-dialog.tsx").then((m) => m.ViewDialog));

type ViewMenuProps = {
  columns: readonly { key: string; title: unknown; sort?: string }[];
  look: TableLook;
  sort: string;
  onSort: (sort: string) => void;
  /** The list's own, and what the address is of now. */
  list: string;
};

/** How the rows are shown: views that have a name, columns, order, density. */
export function ViewMenu({ columns, look, sort, onSort, list }: ViewMenuProps) {
  const t = useTranslations("lists.view");
  const { density, setDensity } = look;
  const some = choosable(columns);
  const { views, setViews, show } = useSavedViews(list);
  const [asked, setAsked] = useState(false);
  return (
    <>
      <Menu
        trigger={
          <Button className="max-sm:px-2">
            <SlidersHorizontal aria-hidden />
            <span className="max-sm:sr-only">{t("menu")}</span>
          </Button>
        }
      >
        {views.map(({ name, query }) => (
          <MenuItem key={name} icon={<Bookmark aria-hidden />} onSelect={() => show(query)}>
            {name}
          </MenuItem>
        ))}
        <MenuItem icon={<BookmarkPlus aria-hidden />} onSelect={() => setAsked(true)}>
          {t("save")}
        </MenuItem>
        <MenuSeparator />
        {some.length > 0 ? (
          <>
            <MenuLabel>{t("columns")}</MenuLabel>
            {some.map(({ key, title }) => (
              <ColumnItem key={key} name={key} title={title} look={look} />
            ))}
            <MenuSeparator />
          </>
        ) : null}
        <SortItems {...{ columns, sort, onSort }} />
        <MenuChoice
          label={t("density")}
          value={density}
          onChange={(value) => setDensity(densities.find((one) => one === value) ?? density)}
          options={densities.map((value) => ({ value, label: t(value) }))}
        />
      </Menu>
      {asked ? (
        <ViewDialog
          views={views}
          query={viewQuery(location.search, look.hidden)}
          onViews={setViews}
          onClose={() => setAsked(false)}
        />
      ) : null}
    </>
  );
}

/** Made when the menu opens, so it knows which columns gave way to the width. */
function ColumnItem({ name, title, look }: { name: string; title: string; look: TableLook }) {
  const t = useTranslations("lists.view");
  const { hidden, setHidden } = look;
  const shown = !hidden.includes(name);
  const narrow = shown && document.querySelector<HTMLElement>(`th[data-column="${name}"]`)?.offsetWidth === 0;
  const show = (wanted: boolean) =>
    setHidden(wanted ? hidden.filter((one) => one !== name) : [...hidden, name]);
  return (
    <MenuCheck checked={shown} onChange={show} hint={narrow ? t("narrow") : null}>
      {title}
    </MenuCheck>
  );
}

/** The header does the same for those columns that show. */
function SortItems({ columns, sort, onSort }: Pick<ViewMenuProps, "columns" | "sort" | "onSort">) {
  const t = useTranslations("lists.view");
  const sortable = columns.flatMap(({ sort: name, title }) =>
    name && typeof title === "string" ? [{ name, title }] : [],
  );
  if (sortable.length === 0) return null;
  return (
    <>
      <MenuLabel>{t("order")}</MenuLabel>
      {sortable.map(({ name, title }) => (
        <MenuItem
          key={name}
          icon={<SortMark name={name} sort={sort} />}
          onSelect={() => onSort(sort === name ? `-${name}` : name)}
        >
          {title}
          <span className="sr-only">{sort.endsWith(name) ? t(sort === name ? "up" : "down") : null}</span>
        </MenuItem>
      ))}
      <MenuSeparator />
    </>
  );
}

function SortMark({ name, sort }: { name: string; sort: string }) {
  if (sort === name) return <ArrowUp aria-hidden />;
  if (sort === `-${name}`) return <ArrowDown aria-hidden />;
  return <span aria-hidden className="size-4" />;
}
