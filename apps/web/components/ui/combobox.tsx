"use client";

import { type ReactNode, useId, useState } from "react";
import { cn } from "./class-names.ts";
import { Input } from "./input.tsx";

type ComboboxProps<Item> = {
  label: string;
  describedBy?: string;
  placeholder?: string;
  text: string;
  onText: (text: string) => void;
  items: readonly Item[];
  itemKey: (item: Item) => string;
  show: (item: Item) => ReactNode;
  onChoose: (item: Item) => void;
  /** Said where the list would be. */
  nothing?: ReactNode;
  open: boolean;
};

/** A field with what it finds below it: arrows go through the list, Enter takes one and never sends the form around it. */
export function Combobox<Item>(props: ComboboxProps<Item>) {
  const { label, text, items, itemKey, show, onChoose, nothing, open } = props;
  const id = useId();
  const [marked, setMarked] = useState(0);
  const active = items[Math.min(marked, items.length - 1)];
  const shown = open && items.length > 0;
  const optionId = (item: Item) => `${id}-${itemKey(item)}`;
  const move = (by: number) => {
    const next = (Math.min(marked, items.length - 1) + by + items.length) % items.length;
    setMarked(next);
    const item = items[next];
    if (item !== undefined) document.getElementById(optionId(item))?.scrollIntoView({ block: "nearest" });
  };
  const choose = (item: Item) => {
    setMarked(0);
    onChoose(item);
  };
  return (
    <div className="flex flex-col gap-1.5">
      <Input
        role="combobox"
        type="text"
        autoComplete="off"
        spellCheck={false}
        aria-label={label}
        aria-describedby={props.describedBy}
        aria-expanded={shown}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={shown && active !== undefined ? optionId(active) : undefined}
        placeholder={props.placeholder}
        value={text}
        onChange={(event) => {
          setMarked(0);
          props.onText(event.target.value);
        }}
        onKeyDown={(event) => {
          if (event.nativeEvent.isComposing) return;
          if (event.key === "Enter") event.preventDefault();
          if (!shown) return;
          if (event.key === "ArrowDown") move(1);
          else if (event.key === "ArrowUp") move(-1);
          else if (event.key === "Enter" && active !== undefined) choose(active);
          else return;
          event.preventDefault();
        }}
      />
      <div
        id={`${id}-list`}
        role="listbox"
        aria-label={label}
        tabIndex={-1}
        hidden={!shown}
        className="max-h-64 overflow-y-auto rounded-control border p-1"
      >
        {items.map((item) => (
          <div
            key={itemKey(item)}
            id={optionId(item)}
            role="option"
            tabIndex={-1}
            aria-selected={item === active}
            onClick={() => choose(item)}
            onKeyDown={(event) => event.key === "Enter" && choose(item)}
            className={cn(
              "flex min-h-8 cursor-pointer items-center gap-2 rounded-[4px] px-2 py-1 text-table pointer-coarse:min-h-10 [&_svg]:size-4 [&_svg]:shrink-0",
              item === active ? "bg-sunken dark:bg-line" : "hover:bg-sunken dark:hover:bg-line",
            )}
          >
            {show(item)}
          </div>
        ))}
      </div>
      {open && items.length === 0 && nothing ? (
        <p role="status" className="px-1 text-label text-muted">
          {nothing}
        </p>
      ) : null}
    </div>
  );
}
