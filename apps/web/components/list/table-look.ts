"use client";

import { useSearchParams } from "next/navigation";
import { useCallback, useState } from "react";
import { z } from "zod";
import { readStored, writeStored } from "../../lib/stored.ts";
import { useMe } from "../../lib/use-me.ts";
import { useQueryChange } from "../../lib/use-query-state.ts";

export const densities = ["comfortable", "dense"] as const;
export type Density = (typeof densities)[number];

const storedDensity = z.enum(densities);
const storedHidden = z.array(z.string()).max(100);

export type TableLook = {
  density: Density;
  setDensity: (density: Density) => void;
  /** Keys of columns that the person doesn't want. Those that are new to him show. */
  hidden: readonly string[];
  setHidden: (keys: readonly string[]) => void;
};

/**
 * How a person wants the tables: the columns a list each, the density everywhere; kept in this browser. An address that names
 * columns (`hide`), as copied links and saved views do, goes before what is kept.
 */
export function useTableLook(list: string): TableLook {
  const { id } = useMe().user;
  const params = useSearchParams();
  const change = useQueryChange();
  const densityKey = `madang.density.${id}`;
  const hiddenKey = `madang.columns.${list}.${id}`;
  const [density, keepDensity] = useState<Density>(
    () => readStored(densityKey, storedDensity) ?? "comfortable",
  );
  const [kept, keepHidden] = useState<readonly string[]>(() => readStored(hiddenKey, storedHidden) ?? []);
  const named = params.get("hide");
  const setDensity = useCallback(
    (next: Density) => {
      keepDensity(next);
      writeStored(densityKey, next);
    },
    [densityKey],
  );
  const setHidden = useCallback(
    (keys: readonly string[]) => {
      keepHidden(keys);
      writeStored(hiddenKey, keys.length > 0 ? keys : null);
      change({ hide: null });
    },
    [hiddenKey, change],
  );
  return { density, setDensity, setHidden, hidden: named === null ? kept : hiddenKeys(named) };
}

/** `hide=-` is a view that hides nothing. */
export function hiddenKeys(named: string): string[] {
  return named.split(",").filter((key) => key !== "" && key !== "-");
}

export function hiddenText(keys: readonly string[]): string {
  return keys.join(",") || "-";
}

type Choosable = { key: string; title: unknown };

/** The first column, and those without a word of their own, always stay. */
export function choosable<C extends Choosable>(columns: readonly C[]): (C & { title: string })[] {
  return columns.slice(1).flatMap((column) => {
    const { title } = column;
    return typeof title === "string" ? [{ ...column, title }] : [];
  });
}

export function withoutHidden<C extends Choosable>(columns: readonly C[], hidden: readonly string[]): C[] {
  const mayGo = new Set(choosable(columns).map(({ key }) => key));
  return columns.filter(({ key }) => !(mayGo.has(key) && hidden.includes(key)));
}
