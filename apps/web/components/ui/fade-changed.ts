import { type RefObject, useLayoutEffect, useRef } from "react";

const fadeMs = 300;

/** Cells of a row that read otherwise than before show it once; times that go by are no change. */
export function useFadeChanged(element: RefObject<HTMLTableRowElement | null>, row: unknown): void {
  const known = useRef<readonly string[]>([]);
  useLayoutEffect(() => {
    const cells = [...(element.current?.cells ?? [])];
    const texts = cells.map((cell) => (cell.querySelector("time") ? "" : (cell.textContent ?? "")));
    const before = known.current;
    known.current = texts;
    if (before.length !== texts.length || isStill()) return;
    for (const [index, cell] of cells.entries())
      if (texts[index] !== before[index] && !cell.querySelector(".fresh")) fade(cell);
  }, [element, row]);
}

const isStill = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

function fade(cell: HTMLElement): void {
  const backgroundColor = getComputedStyle(cell).getPropertyValue("--fresh");
  cell.animate([{ backgroundColor }, {}], { duration: fadeMs, easing: "ease-out" });
}
