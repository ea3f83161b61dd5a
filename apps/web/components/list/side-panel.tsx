"use client";

import { X } from "lucide-react";
import { useTranslations } from "next-intl";
import {
  type CSSProperties,
  type KeyboardEvent,
  type PointerEvent,
  type ReactNode,
  type RefObject,
  useEffect,
  useRef,
  useState,
} from "react";
import { z } from "zod";
import { readStored, writeStored } from "../../lib/stored.ts";
import { IconButton } from "../ui/button.tsx";

type SidePanelProps = {
  /** What is shown; its row's button carries it as `data-glance`. */
  id: string;
  label: string;
  title: string;
  onClose: () => void;
  children: ReactNode;
};

/** Beside a list: pushes it where there is room, lies over it where there is not. Escape closes. */
export function SidePanel({ id, label, title, onClose, children }: SidePanelProps) {
  const t = useTranslations("common");
  const panel = useRef<HTMLElement>(null);
  const { width, ...grip } = useWidth();
  useHandedFocus(panel, id);
  useEscape(onClose);
  const style: CSSProperties & Record<"--panel", string> = { "--panel": `${width}px` };
  return (
    <aside
      ref={panel}
      tabIndex={-1}
      aria-label={label}
      style={style}
      className="fixed inset-y-0 top-11 right-0 z-20 flex w-[min(var(--panel),100vw)] flex-col border-l bg-surface shadow-float min-[1280px]:sticky min-[1280px]:h-[calc(100dvh-2.75rem)] min-[1280px]:shrink-0 min-[1280px]:self-start min-[1280px]:shadow-none"
    >
      <Grip width={width} {...grip} />
      <div className="flex min-h-0 flex-1 flex-col gap-4 overflow-y-auto p-5">
        <div className="flex items-start justify-between gap-2">
          <h2 className="line-clamp-3 min-w-0 text-lead font-semibold break-words" title={title}>
            {title}
          </h2>
          <IconButton label={t("close")} onClick={onClose}>
            <X aria-hidden />
          </IconButton>
        </div>
        {children}
      </div>
    </aside>
  );
}

/** Opened by a row's button the panel takes the focus, and gives it back when it closes while it has it. */
function useHandedFocus(panel: RefObject<HTMLElement | null>, id: string): void {
  const opener = useRef<HTMLElement | null>(null);
  useEffect(() => {
    const active = document.activeElement;
    if (active instanceof HTMLElement && (active.dataset.glance === id || active.dataset.row === id)) {
      opener.current = active;
      panel.current?.focus();
    }
    return () => {
      if (document.activeElement === document.body) opener.current?.focus();
    };
  }, [panel, id]);
}

/** What lies above closes first; the filter's suggestions are always there, and keep Escape to themselves. */
const keepsEscape = "[role=dialog], [role=alertdialog], [role=menu]";

function useEscape(onClose: () => void): void {
  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent) => {
      if (event.key !== "Escape" || event.defaultPrevented || document.querySelector(keepsEscape)) return;
      onClose();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [onClose]);
}

const widths = { least: 320, usual: 420, most: 720, step: 20 };
const kept = "madang.panel";
const bounded = (width: number) => Math.min(widths.most, Math.max(widths.least, Math.round(width)));

/** In px; kept in this browser for all lists. */
function useWidth() {
  const [width, setWidth] = useState(() => bounded(readStored(kept, z.number()) ?? widths.usual));
  const onWidth = (next: number) => setWidth(bounded(next));
  const onDone = (next: number) => {
    onWidth(next);
    writeStored(kept, bounded(next));
  };
  return { width, onWidth, onDone };
}

type GripProps = { width: number; onWidth: (width: number) => void; onDone: (width: number) => void };

const keySteps: Readonly<Record<string, number>> = { ArrowLeft: widths.step, ArrowRight: -widths.step };

/** The edge that the panel is made wider by: dragged, or by the arrow keys. */
function Grip({ width, onWidth, onDone }: GripProps) {
  const t = useTranslations("lists.panel");
  const at = ({ clientX }: PointerEvent) => document.documentElement.clientWidth - clientX;
  const onKeyDown = (event: KeyboardEvent) => {
    const step = keySteps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    onDone(width + step);
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a rule between pages is no handle; this is ARIA's window splitter.
    <div
      role="separator"
      aria-orientation="vertical"
      aria-label={t("width")}
      aria-valuenow={width}
      aria-valuemin={widths.least}
      aria-valuemax={widths.most}
      tabIndex={0}
      onKeyDown={onKeyDown}
      onDoubleClick={() => onDone(widths.usual)}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={(event) => event.currentTarget.hasPointerCapture(event.pointerId) && onWidth(at(event))}
      onPointerUp={(event) => onDone(at(event))}
      className="absolute inset-y-0 -left-1 z-10 w-2 cursor-col-resize touch-none hover:bg-accent/30 focus-visible:bg-accent/30 max-sm:hidden"
    />
  );
}
