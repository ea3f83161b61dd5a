"use client";

import { Maximize, Minus, Plus } from "lucide-react";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import {
  type KeyboardEvent,
  memo,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import type { TopologyView } from "../../lib/rows.ts";
import { IconButton } from "../ui/button.tsx";
import { type Layout, layoutTopology, type TopologyNode } from "./layout.ts";
import { farScale, MapNode } from "./map-node.tsx";
import { type Direction, neighbour } from "./neighbour.ts";
import { useCanvas } from "./use-canvas.ts";

type TopologyMapProps = {
  projectId: string;
  view: TopologyView;
  selected: string | null;
  onSelect: (key: string) => void;
};

/** Below this scale cards say less, and below that only what state they are in. */
const detail = { less: 0.7, least: 0.4 };
const arrows: Readonly<Record<string, Direction>> = {
  ArrowUp: "up",
  ArrowDown: "down",
  ArrowLeft: "left",
  ArrowRight: "right",
};

/** What can be chosen is one stop of the Tab key; arrows go from node to node. */
export function TopologyMap({ projectId, view, selected, onSelect }: TopologyMapProps) {
  const t = useTranslations("topology");
  const router = useRouter();
  const frame = useRef<HTMLDivElement>(null);
  const plane = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const layout = useMemo(() => layoutTopology(view, opened, width), [view, opened, width]);
  const { canvas, handlers, fit, show, zoomIn, zoomOut } = useCanvas(frame, layout);
  const [wanted, setWanted] = useState<string | null>(selected);
  const current = layout.nodes.find(({ key }) => key === wanted) ?? layout.nodes[0];

  const go = (key: string | null) => {
    const node = layout.nodes.find((one) => one.key === key);
    if (!node) return;
    setWanted(node.key);
    show(headOf(node));
    plane.current
      ?.querySelector<HTMLElement>(`[data-node="${CSS.escape(node.key)}"]`)
      ?.focus({ preventScroll: true });
  };
  const choose = useCallback(
    (node: TopologyNode) => {
      setWanted(node.key);
      if (node.kind === "more") setOpened((old) => toggled(old, node.bandKey));
      else if (node.kind !== "loose") onSelect(node.key);
    },
    [onSelect],
  );
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !current) return;
    const direction = arrows[event.key];
    if (direction) go(neighbour(layout.nodes, current.key, direction));
    else if (event.key === "Home") go(layout.nodes[0]?.key ?? null);
    else if (event.key === "End") go(layout.nodes.at(-1)?.key ?? null);
    else if (event.key === "+" || event.key === "=") zoomIn();
    else if (event.key === "-") zoomOut();
    else if (event.key === "0") fit();
    else if (event.key === "c" && current.kind === "instance")
      router.push(`/p/${projectId}/instances/${current.instance.id}?tab=console`);
    else return;
    event.preventDefault();
  };
  return (
    <div className="flex flex-col gap-2">
      <div className="relative">
        <div
          ref={frame}
          {...handlers}
          className="relative h-[calc(100dvh-17rem)] min-h-80 touch-none overflow-hidden rounded-surface border bg-sunken select-none"
        >
          <div
            ref={plane}
            role="application"
            aria-label={t("map")}
            aria-describedby="topology-keys"
            onKeyDown={onKeyDown}
            data-detail={detailOf(canvas.scale)}
            className="group/map absolute top-0 left-0 origin-top-left"
            style={{
              ...{ [farScale]: 1 / canvas.scale },
              width: layout.width,
              height: layout.height,
              transform: `translate(${canvas.x}px, ${canvas.y}px) scale(${canvas.scale})`,
            }}
          >
            <Lines layout={layout} />
            <Nodes
              projectId={projectId}
              nodes={layout.nodes}
              current={current?.key ?? null}
              selected={selected}
              onChoose={choose}
            />
          </div>
        </div>
        <div className="absolute right-3 bottom-3 flex gap-1 rounded-control border bg-surface p-0.5">
          <IconButton size="iconSmall" label={t("zoomOut")} onClick={zoomOut}>
            <Minus aria-hidden />
          </IconButton>
          <IconButton size="iconSmall" label={t("zoomIn")} onClick={zoomIn}>
            <Plus aria-hidden />
          </IconButton>
          <IconButton size="iconSmall" label={t("fit")} onClick={fit}>
            <Maximize aria-hidden />
          </IconButton>
        </div>
      </div>
      <p id="topology-keys" className="text-label text-muted pointer-coarse:sr-only">
        {t("keys")}
      </p>
    </div>
  );
}

function toggled(opened: ReadonlySet<string>, key: string): ReadonlySet<string> {
  const next = new Set(opened);
  if (!next.delete(key)) next.add(key);
  return next;
}

type NodesProps = {
  projectId: string;
  nodes: readonly TopologyNode[];
  current: string | null;
  selected: string | null;
  onChoose: (node: TopologyNode) => void;
};

/** Remembered, for the map moves many times a second and none of its nodes does. */
const Nodes = memo(function Nodes({ projectId, nodes, current, selected, onChoose }: NodesProps) {
  return nodes.map((node) => (
    <MapNode
      key={node.key}
      projectId={projectId}
      node={node}
      reachable={node.key === current}
      selected={node.key === selected}
      onChoose={onChoose}
    />
  ));
});

function detailOf(scale: number): "full" | "less" | "least" {
  if (scale < detail.least) return "least";
  return scale < detail.less ? "less" : "full";
}

/** Of a band its head: the whole of it may be larger than the frame. */
function headOf(node: TopologyNode) {
  return "header" in node ? { ...node, height: node.header } : node;
}

function useWidth(frame: { current: HTMLElement | null }): number {
  const [width, setWidth] = useState(960);
  useLayoutEffect(() => setWidth(frame.current?.clientWidth ?? 960), [frame]);
  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, [frame]);
  return width;
}

const Lines = memo(function Lines({ layout }: { layout: Layout }) {
  return (
    <svg
      aria-hidden
      width={layout.width}
      height={layout.height}
      className="pointer-events-none absolute inset-0"
      fill="none"
      strokeWidth="2"
      strokeLinejoin="round"
      strokeLinecap="round"
    >
      {layout.lines.map(({ key, kind, points }) => {
        const [x, y] = points.at(-1) ?? [0, 0];
        return (
          <g
            key={key}
            className={kind === "gateway" ? "text-accent" : "text-line-strong"}
            stroke="currentColor"
          >
            <polyline points={points.map((point) => point.join(",")).join(" ")} />
            {kind === "leg" ? <circle cx={x} cy={y} r="3.5" fill="currentColor" /> : null}
          </g>
        );
      })}
    </svg>
  );
});
