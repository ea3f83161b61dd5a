/**
 * Where everything of a topology stands: networks as bands in the order of the way out, instances as cards on them, routers
 * as knots between, lines in a gutter at the left, so that none crosses a card. Pure; px at full size.
 */
import type {
  TopologyInstanceRow,
  TopologyNetworkRow,
  TopologyRouterRow,
  TopologyView,
} from "../../lib/rows.ts";

export type Box = { x: number; y: number; width: number; height: number };
export type TopologyNode = Box & { key: string } & (
    | { kind: "network"; network: TopologyNetworkRow; counts: StatusCount[]; header: number }
    | { kind: "loose"; counts: StatusCount[]; header: number }
    | { kind: "router"; router: TopologyRouterRow; outside: string | null }
    | { kind: "instance"; instance: TopologyInstanceRow; addresses: string[]; again: boolean; small: boolean }
    | { kind: "more"; bandKey: string; hidden: number; counts: StatusCount[]; open: boolean }
  );
export type StatusCount = { status: TopologyInstanceRow["status"]; count: number };
export type TopologyLine = { key: string; kind: "gateway" | "leg"; points: [x: number, y: number][] };
export type Layout = { nodes: TopologyNode[]; lines: TopologyLine[]; width: number; height: number };

/** The widths are the least: cards share what a band has. A band that shows all of many has them small. */
const card = { width: 200, height: 48, gap: 10 };
const smallCard = { width: 130, height: 30, gap: 6 };
const header = 38;
const pad = 12;
const rowGap = 18;
const routerWidth = 320;
const routerHeight = 40;
const lane = 18;
/** Lines end under a router's round side. */
const tuck = 4;
/** A band shows this many cards before it counts the rest: fewer where there are many bands, so that the whole stays in sight. */
const cardLimits = { most: 24, least: 8, inAll: 160 };

type Member = { instance: TopologyInstanceRow; addresses: string[]; again: boolean };
type Band = { key: string; network: TopologyNetworkRow | null; members: Member[] };
type Row = { kind: "band"; band: Band } | { kind: "router"; router: TopologyRouterRow };

/** `opened`: keys of bands that show all their cards; `width`: of the place it is looked at, px. */
export function layoutTopology(view: TopologyView, opened: ReadonlySet<string>, width: number): Layout {
  const rows = rowsOf(view);
  const outside = view.networks.filter(({ external }) => external).map(({ id }) => id);
  const lanes = legLanes(rows);
  const laneCount = Math.max(0, ...lanes.values()) + 1;
  const left = pad + (outside.length + laneCount) * lane;
  const bandWidth = Math.max(card.width + pad * 2, width - left - pad);
  const limit = cardLimit(rows);
  const nodes: TopologyNode[] = [];
  let y = pad;
  for (const row of rows) {
    const place = { x: left, y, width: bandWidth };
    const placed =
      row.kind === "router"
        ? [routerNode(row.router, view, place)]
        : bandNodes(row.band, opened.has(row.band.key), limit, place);
    nodes.push(...placed);
    y += (placed[0]?.height ?? 0) + rowGap;
  }
  const lines = linesOf(nodes, outside, lanes);
  return { nodes, lines, width: left + bandWidth + pad, height: y - rowGap + pad };
}

/** External networks, then each router with what it alone connects so far, then what no router connects. */
function rowsOf(view: TopologyView): Row[] {
  const bands = new Map(view.networks.map((network) => [network.id, bandOf(network, view)]));
  const rows: Row[] = [];
  const take = (id: string) => {
    const band = bands.get(id);
    if (band) rows.push({ kind: "band", band });
    bands.delete(id);
  };
  for (const { id, external } of view.networks) if (external) take(id);
  for (const router of routersInOrder(view.routers)) {
    rows.push({ kind: "router", router });
    for (const { networkId } of router.legs) take(networkId);
  }
  for (const id of [...bands.keys()]) take(id);
  const loose = view.instances
    .filter(({ ports }) => ports.length === 0)
    .map((instance) => memberOf(instance, null));
  if (loose.length > 0) rows.push({ kind: "band", band: { key: "loose", network: null, members: loose } });
  return rows;
}

/** Those that lead out come first. */
function routersInOrder(routers: readonly TopologyRouterRow[]): TopologyRouterRow[] {
  return routers.toSorted(
    (left, right) => Number(left.externalNetworkId === null) - Number(right.externalNetworkId === null),
  );
}

function bandOf(network: TopologyNetworkRow, view: TopologyView): Band {
  const members = view.instances
    .filter(({ ports }) => ports.some(({ networkId }) => networkId === network.id))
    .map((instance) => memberOf(instance, network.id));
  return { key: network.id, network, members: members.toSorted(byTrouble) };
}

function memberOf(instance: TopologyInstanceRow, networkId: string | null): Member {
  const here = instance.ports.filter((port) => port.networkId === networkId);
  const addresses = here.flatMap((port) => [...port.addresses, ...port.floatingIps]);
  return { instance, addresses, again: networkId !== null && instance.ports[0]?.networkId !== networkId };
}

const names = new Intl.Collator(undefined, { numeric: true });

/** What is wrong or changing is looked for first. */
function byTrouble(left: Member, right: Member): number {
  return trouble(left) - trouble(right) || names.compare(left.instance.name, right.instance.name);
}

function trouble({ instance }: Member): number {
  if (instance.status === "ERROR") return 0;
  return instance.taskState !== null || instance.status === "BUILD" ? 1 : 2;
}

function countsOf(members: readonly Member[]): StatusCount[] {
  const counts = new Map<StatusCount["status"], number>();
  for (const { instance } of members) counts.set(instance.status, (counts.get(instance.status) ?? 0) + 1);
  return [...counts].map(([status, count]) => ({ status, count })).toSorted((a, b) => b.count - a.count);
}

type Place = { x: number; y: number; width: number };

function cardLimit(rows: readonly Row[]): number {
  const { most, least, inAll } = cardLimits;
  const bands = rows.filter(({ kind }) => kind === "band").length;
  return Math.max(least, Math.min(most, Math.floor(inAll / bands)));
}

/** The band itself comes first. */
function bandNodes(band: Band, open: boolean, limit: number, { x, y, width }: Place): TopologyNode[] {
  const { key, network, members } = band;
  const folds = members.length > limit;
  const shown = folds && !open ? members.slice(0, limit - 1) : members;
  const grid = gridOf({ x, y: y + header, width }, folds && open ? smallCard : card);
  const cells = shown.length + (folds ? 1 : 0);
  const last = cells === 0 ? null : grid(cells - 1);
  const height = last ? last.y + last.height + pad - y : header;
  const box = { key, x, y, width, height, counts: countsOf(members), header };
  const hidden = members.slice(shown.length);
  const more: TopologyNode = {
    ...{ kind: "more", key: `${key}/more`, bandKey: key, open, hidden: hidden.length },
    ...{ ...grid(shown.length), counts: countsOf(hidden) },
  };
  return [
    network ? { kind: "network", network, ...box } : { kind: "loose", ...box },
    ...shown.map(
      (member, index): TopologyNode => ({
        ...{ kind: "instance", key: `${key}/${member.instance.id}` },
        ...{ ...member, ...grid(index), small: folds && open },
      }),
    ),
    ...(folds ? [more] : []),
  ];
}

/** Where each card stands, in as many columns as there is room for. */
function gridOf({ x, y, width }: Place, least: typeof card): (index: number) => Box {
  const inner = width - pad * 2 + least.gap;
  const columns = Math.max(1, Math.floor(inner / (least.width + least.gap)));
  const step = inner / columns;
  return (index) => ({
    x: x + pad + (index % columns) * step,
    y: y + Math.floor(index / columns) * (least.height + least.gap),
    width: step - least.gap,
    height: least.height,
  });
}

function routerNode(router: TopologyRouterRow, { networks }: TopologyView, place: Place): TopologyNode {
  const outside = networks.find(({ id }) => id === router.externalNetworkId)?.name ?? null;
  const size = { width: Math.min(routerWidth, place.width), height: routerHeight };
  return { kind: "router", key: router.id, router, outside, ...place, ...size };
}

/** Which lane of the gutter each router's legs go down: one that nobody else uses between its first and its last network. */
function legLanes(rows: readonly Row[]): Map<string, number> {
  const at = (networkId: string) =>
    rows.findIndex((row) => row.kind === "band" && row.band.key === networkId);
  const lanes = new Map<string, number>();
  const busyUntil: number[] = [];
  for (const [index, row] of rows.entries()) {
    if (row.kind !== "router" || row.router.legs.length === 0) continue;
    const reached = row.router.legs.map(({ networkId }) => at(networkId));
    const [first, last] = [Math.min(index, ...reached), Math.max(index, ...reached)];
    const free = busyUntil.findIndex((until) => until < first);
    const taken = free < 0 ? busyUntil.length : free;
    busyUntil[taken] = last;
    lanes.set(row.router.id, taken);
  }
  return lanes;
}

function linesOf(
  nodes: readonly TopologyNode[],
  outside: readonly string[],
  lanes: ReadonlyMap<string, number>,
): TopologyLine[] {
  const bands = new Map(
    nodes.flatMap((node) => (node.kind === "network" ? [[node.network.id, node] as const] : [])),
  );
  return nodes.flatMap((node) => {
    if (node.kind !== "router") return [];
    const { router } = node;
    const middle = node.y + node.height / 2;
    const trunk = router.externalNetworkId === null ? -1 : outside.indexOf(router.externalNetworkId);
    const door = bands.get(router.externalNetworkId ?? "");
    const gateway = door && trunk >= 0 ? [gatewayLine(node, door, pad + trunk * lane, middle)] : [];
    const x = pad + (outside.length + (lanes.get(router.id) ?? 0)) * lane;
    const legs = router.legs.flatMap(({ networkId, address }): TopologyLine[] => {
      const band = bands.get(networkId);
      if (!band) return [];
      const end = band.y + header / 2;
      const points: TopologyLine["points"] = [
        [node.x + tuck, middle + 7],
        [x, middle + 7],
        [x, end],
        [band.x, end],
      ];
      return [{ key: `${router.id}/${networkId}/${address}`, kind: "leg", points }];
    });
    return [...gateway, ...legs];
  });
}

function gatewayLine(node: Box & { key: string }, door: Box, x: number, middle: number): TopologyLine {
  const start = door.y + header / 2;
  const points: TopologyLine["points"] = [
    [door.x, start],
    [x, start],
    [x, middle - 7],
    [node.x + tuck, middle - 7],
  ];
  return { key: `${node.key}/gateway`, kind: "gateway", points };
}
