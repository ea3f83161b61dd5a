"use client";

import { ArrowDown, ArrowUp, SlidersHorizontal } from "lucide-react";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { Button } from "../ui/button.tsx";
import { Menu, MenuCheck, MenuChoice, MenuItem, MenuLabel, MenuSeparator } from "../ui/menu.tsx";
import { choosable, densities, type TableLook } from "./table-look.ts";

type ViewMenuProps = {
  columns: readonly { key: string; title: unknown; sort?: string }[];
  look: TableLook;
  sort: string;
  onSort: (sort: string) => void;
  /** Saved views. */
  children?: ReactNode;
};

/** How the rows are shown: order, columns, density. */
export function ViewMenu({ columns, look, sort, onSort, children }: ViewMenuProps) {
  const t = useTranslations("lists.view");
  const { density, setDensity } = look;
  const some = choosable(columns);
  return (
    <Menu
      trigger={
        <Button className="max-sm:px-2">
          <SlidersHorizontal aria-hidden />
          <span className="max-sm:sr-only">{t("menu")}</span>
        </Button>
      }
    >
      {children}
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
