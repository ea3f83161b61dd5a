"use client";

import type { PublicError } from "@madang/core/errors";
import type { FilterFields } from "@madang/core/filter/field";
import { Search, X } from "lucide-react";
import { useTranslations } from "next-intl";
import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { errorText, type Translate } from "../../lib/error-text.ts";
import { IconButton } from "../ui/button.tsx";
import { Input } from "../ui/input.tsx";
import { filterFaultOf } from "./filter-fault.ts";
import { FilterHelp } from "./filter-help.tsx";
import { FilterTerms } from "./filter-terms.tsx";
import { offerId, SuggestionList } from "./suggestion-list.tsx";
import { useOffers } from "./use-offers.ts";
import { useRecentFilters } from "./use-recent-filters.ts";

type FilterBoxProps = {
  /** Whose earlier filters are offered. */
  list: string;
  text: string;
  label: string;
  fields: FilterFields;
  /** What the server says of the text, if it doesn't understand it. */
  fault?: PublicError | null;
  onText: (text: string | null) => void;
};

const typingMs = 250;

/**
 * The filter of a list, with what can be written in it. What is typed goes into the address when the typing rests, and only
 * when it is understood: until then rows and text stay.
 */
export function FilterBox({ list, text, label, fields, fault = null, onText }: FilterBoxProps) {
  const t: Translate = useTranslations();
  const id = useId();
  const box = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState(text);
  const [rested, setRested] = useState(text);
  const [caret, setCaret] = useState(text.length);
  const [open, setOpen] = useState(false);
  const [marked, setMarked] = useState(-1);
  const { recent, keep } = useRecentFilters(list);
  const offers = useOffers({ typed, caret, open, fields, recent });
  const sent = useRef(text);
  useEffect(() => {
    // What comes back is what was sent, and typing may have gone on meanwhile.
    if (text === sent.current) return;
    sent.current = text;
    setTyped(text);
    setRested(text);
  }, [text]);
  useEffect(() => {
    if (typed === rested) return;
    const timer = setTimeout(() => {
      setRested(typed);
      if (filterFaultOf(typed, fields) !== null) return;
      sent.current = typed.trim();
      onText(sent.current || null);
    }, typingMs);
    return () => clearTimeout(timer);
  }, [typed, rested, fields, onText]);
  const own = rested === typed ? filterFaultOf(typed, fields) : null;
  // Whoever is offered values has not finished.
  const early = open && own?.reason === "filterNoValue";
  const shown = early ? null : (own ?? (typed.trim() === text ? fault : null));
  const write = (next: string, at: number) => {
    setTyped(next);
    setCaret(at);
    setMarked(-1);
  };
  const takeOffer = (index: number) => {
    const taken = offers[index]?.taken;
    if (!taken) return;
    write(taken.text, taken.caret);
    box.current?.focus();
    requestAnimationFrame(() => box.current?.setSelectionRange(taken.caret, taken.caret));
  };
  const finish = () => {
    setOpen(false);
    setMarked(-1);
    if (typed.trim() && filterFaultOf(typed, fields) === null) keep(typed.trim());
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    const act = keys({ event, count: offers.length, marked, open });
    if (act === null) return;
    event.preventDefault();
    if (act === "close") finish();
    else if (act === "take") takeOffer(marked);
    else {
      setOpen(true);
      setMarked(act);
      document.getElementById(offerId(id, act))?.scrollIntoView({ block: "nearest" });
    }
  };
  return (
    <div className="flex min-w-0 flex-col gap-1.5 max-sm:w-full">
      <div className="flex items-center gap-1">
        <div className="relative w-full sm:w-96">
          <Search
            aria-hidden
            className="pointer-events-none absolute top-1/2 left-2.5 size-4 -translate-y-1/2 text-muted"
          />
          <Input
            ref={box}
            role="combobox"
            type="text"
            inputMode="search"
            autoComplete="off"
            spellCheck={false}
            value={typed}
            placeholder={label}
            aria-label={label}
            aria-expanded={offers.length > 0}
            aria-controls={id}
            aria-autocomplete="list"
            aria-activedescendant={marked >= 0 && marked < offers.length ? offerId(id, marked) : undefined}
            aria-invalid={shown !== null}
            aria-describedby={shown ? `${id}-fault` : undefined}
            onChange={(event) => {
              setOpen(true);
              write(event.target.value, event.target.selectionStart ?? event.target.value.length);
            }}
            onSelect={(event) => setCaret(event.currentTarget.selectionStart ?? typed.length)}
            onClick={() => setOpen(true)}
            onKeyDown={onKey}
            onBlur={finish}
            className="px-8"
          />
          {typed ? (
            <IconButton
              label={t("common.clearText")}
              size="iconSmall"
              className="absolute top-1/2 right-0.5 -translate-y-1/2"
              onClick={() => {
                write("", 0);
                box.current?.focus();
              }}
            >
              <X aria-hidden />
            </IconButton>
          ) : null}
          <SuggestionList {...{ id, offers, marked }} label={t("filter.suggestions")} onTake={takeOffer} />
        </div>
        <FilterHelp fields={fields} />
      </div>
      {shown ? (
        <p id={`${id}-fault`} role="alert" className="max-w-prose text-label text-danger">
          {errorText(t, shown)}
        </p>
      ) : null}
      <FilterTerms text={rested} fields={fields} onText={(rest) => write(rest, rest.length)} />
    </div>
  );
}

type Pressed = { event: KeyboardEvent; count: number; marked: number; open: boolean };

/** Arrows go through what is offered, Enter takes it or is done, Escape closes; null: not for us. */
function keys({ event, count, marked, open }: Pressed): number | "take" | "close" | null {
  if (event.key === "Enter") return open && marked >= 0 && marked < count ? "take" : "close";
  if (event.key === "Escape") return open && count > 0 ? "close" : null;
  if (event.key === "ArrowDown") return count === 0 || !open ? 0 : (marked + 1) % count;
  if (event.key === "ArrowUp" && open && count > 0) return (Math.max(marked, 0) - 1 + count) % count;
  return null;
}
