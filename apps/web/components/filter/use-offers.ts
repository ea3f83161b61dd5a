"use client";

import type { FilterFields } from "@madang/core/filter/field";
import { useTranslations } from "next-intl";
import { placeAt, sourceOf, suggestionsAt, take } from "./suggest.ts";
import type { Offer } from "./suggestion-list.tsx";
import { useFieldValues } from "./use-field-values.ts";
import { useFilterWords } from "./use-filter-words.ts";

/** What taking one makes of the text. */
type Taken = Offer & { taken: { text: string; caret: number } };

type Asked = { typed: string; caret: number; open: boolean; fields: FilterFields; recent: readonly string[] };

/** What the box offers: earlier filters while it is empty, then fields, and of a field its values. */
export function useOffers({ typed, caret, open, fields, recent }: Asked): readonly Taken[] {
  const t = useTranslations("filter");
  const words = useFilterWords();
  const place = placeAt(typed, caret, fields);
  const found = useFieldValues(open ? sourceOf(place) : null, place.part);
  if (!open) return [];
  const earlier = typed.trim() === "" ? recent : [];
  return [
    ...earlier.map((text) => ({
      ...{ key: `earlier ${text}`, text, about: t("recent") },
      taken: { text, caret: text.length },
    })),
    ...suggestionsAt(place, fields, words, found).map((one) => ({
      ...{ key: one.insert, text: one.insert, about: one.about },
      taken: take(typed, caret, place, one),
    })),
  ];
}
