"use client";

import { useSearchParams } from "next/navigation";
import { type QueryChange, useQueryChange } from "../../lib/use-query-state.ts";

/** What a list shows of its rows, as it stands in the address: the text that is looked for, the order, other choices. */
export type ListView<Name extends string = never> = {
  text: string;
  /** The text as lists of the API take it. */
  filter: { text?: string };
  sort: string;
  chosen: (name: Name) => string | null;
  /** Which rows are asked for; another when others are. */
  key: string;
  /** Something is left out. */
  filtered: boolean;
  change: (change: QueryChange) => void;
  clear: () => void;
};

/** `names`: of other filters than the text. */
export function useListView<Name extends string = never>(
  defaultSort: string,
  names: readonly Name[] = [],
): ListView<Name> {
  const params = useSearchParams();
  const change = useQueryChange();
  const chosen = (name: Name) => params.get(name) || null;
  const text = params.get("q") ?? "";
  return {
    ...{ text, chosen, change },
    filter: text ? { text } : {},
    key: JSON.stringify([text, ...names.map(chosen)]),
    sort: params.get("sort") ?? defaultSort,
    filtered: text !== "" || names.some((name) => chosen(name) !== null),
    clear: () => change(Object.fromEntries(["q", ...names].map((name) => [name, null]))),
  };
}
