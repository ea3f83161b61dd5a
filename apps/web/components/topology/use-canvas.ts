"use client";

import { type PointerEvent, type RefObject, useCallback, useEffect, useRef, useState } from "react";
import type { Box } from "./layout.ts";

type Canvas = { x: number; y: number; scale: number };
type Size = { width: number; height: number };

/** Of one's own zooming; to show everything it goes as far as that takes. */
const smallest = 0.15;
const largest = 2;
const step = 1.25;
const margin = 16;

/** The part of a topology that is seen: dragged, zoomed about the pointer, and brought to a node. */
export function useCanvas(frame: RefObject<HTMLElement | null>, content: Size) {
  const [canvas, setCanvas] = useState<Canvas>({ x: 0, y: 0, scale: 1 });
  const drag = useRef<{ x: number; y: number } | null>(null);

  const zoomBy = useCallback(
    (factor: number, about?: { x: number; y: number }) => {
      const size = sizeOf(frame.current);
      const at = about ?? { x: size.width / 2, y: size.height / 2 };
      setCanvas((old) => {
        const scale = Math.min(largest, Math.max(Math.min(smallest, old.scale), old.scale * factor));
        const ratio = scale / old.scale;
        return { scale, x: at.x - (at.x - old.x) * ratio, y: at.y - (at.y - old.y) * ratio };
      });
    },
    [frame],
  );

  const fit = useCallback(() => {
    const size = sizeOf(frame.current);
    const scale = Math.min(1, size.width / content.width, size.height / content.height);
    setCanvas({ scale, x: Math.max(0, (size.width - content.width * scale) / 2), y: 0 });
  }, [frame, content.width, content.height]);

  const show = useCallback(
    (box: Box) => {
      const size = sizeOf(frame.current);
      setCanvas((old) => ({
        ...old,
        x: old.x + shift(box.x * old.scale + old.x, box.width * old.scale, size.width),
        y: old.y + shift(box.y * old.scale + old.y, box.height * old.scale, size.height),
      }));
    },
    [frame],
  );

  // React's own wheel handlers can't keep the page still.
  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const onWheel = (event: WheelEvent) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const { left, top } = element.getBoundingClientRect();
      zoomBy(step ** -Math.sign(event.deltaY), { x: event.clientX - left, y: event.clientY - top });
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => element.removeEventListener("wheel", onWheel);
  }, [frame, zoomBy]);

  const handlers = {
    onPointerDown: (event: PointerEvent<HTMLElement>) => {
      if (event.button !== 0 || (event.target instanceof Element && event.target.closest("button, a")))
        return;
      drag.current = { x: event.clientX, y: event.clientY };
      event.currentTarget.setPointerCapture(event.pointerId);
    },
    onPointerMove: (event: PointerEvent<HTMLElement>) => {
      const from = drag.current;
      if (!from) return;
      drag.current = { x: event.clientX, y: event.clientY };
      setCanvas((old) => ({ ...old, x: old.x + event.clientX - from.x, y: old.y + event.clientY - from.y }));
    },
    onPointerUp: () => {
      drag.current = null;
    },
    onPointerCancel: () => {
      drag.current = null;
    },
  };
  return { canvas, handlers, fit, show, zoomIn: () => zoomBy(step), zoomOut: () => zoomBy(1 / step) };
}

function sizeOf(element: HTMLElement | null): Size {
  return { width: element?.clientWidth ?? 1, height: element?.clientHeight ?? 1 };
}

/** How far to move so that what lies from `start` for `length` is seen; its beginning where it is longer than the frame. */
function shift(start: number, length: number, frame: number): number {
  if (start < margin) return margin - start;
  const over = start + Math.min(length, frame - margin * 2) - (frame - margin);
  return over > 0 ? -over : 0;
}
