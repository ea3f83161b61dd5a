"use client";

import { PanelRight } from "lucide-react";
import { useTranslations } from "next-intl";
import { useMemo } from "react";
import { IconButton } from "../ui/button.tsx";
import type { Column } from "../ui/data-table.tsx";
import { withoutHidden } from "./table-look.ts";

type ShownColumns<Row> = {
  columns: readonly Column<Row>[];
  hidden: readonly string[];
  nameOf: (row: Row) => string;
  /** The row beside the list. */
  selected: string | null;
  toggle: (id: string) => void;
};

/** The columns that a person wants, the last of them with the button that does what a click on the row does. */
export function useShownColumns<Row extends { id: string }>(props: ShownColumns<Row>): Column<Row>[] {
  const { columns, hidden, nameOf, selected, toggle } = props;
  return useMemo(() => {
    const shown = withoutHidden(columns, hidden);
    const last = shown.at(-1);
    const acts = last !== undefined && typeof last.title !== "string" ? last : null;
    return [
      ...(acts ? shown.slice(0, -1) : shown),
      {
        key: acts?.key ?? "glance",
        title: acts?.title ?? <GlanceTitle />,
        className: acts?.className ?? "w-px text-right",
        cell: (row: Row) => (
          <span className="relative flex items-center justify-end gap-0.5">
            <GlanceButton
              id={row.id}
              name={nameOf(row)}
              open={selected === row.id}
              onToggle={() => toggle(row.id)}
            />
            {acts ? acts.cell(row) : null}
          </span>
        ),
      },
    ];
  }, [columns, hidden, nameOf, selected, toggle]);
}

function GlanceTitle() {
  return <span className="sr-only">{useTranslations("lists.panel")("title")}</span>;
}

type GlanceButtonProps = { id: string; name: string; open: boolean; onToggle: () => void };

/** What a click on the row does, for those who go by keyboard. */
function GlanceButton({ id, name, open, onToggle }: GlanceButtonProps) {
  const t = useTranslations("lists.panel");
  return (
    <IconButton
      size="iconSmall"
      label={t("glance", { name })}
      aria-expanded={open}
      data-glance={id}
      onClick={onToggle}
      className="opacity-0 transition-opacity duration-150 group-focus-within:opacity-100 group-hover:opacity-100 @max-2xl:sr-only @max-2xl:focus-visible:not-sr-only pointer-coarse:opacity-100"
    >
      <PanelRight aria-hidden />
    </IconButton>
  );
}
