/** Going from node to node by arrow keys: the nearest in that direction, more by the direction than by the distance. */
import type { Box } from "./layout.ts";

export type Direction = "up" | "down" | "left" | "right";
type Keyed = Box & { key: string };

/** What lies askew counts this many times its distance. */
const askew = 2.5;

/** null: there is nothing in that direction. */
export function neighbour(nodes: readonly Keyed[], from: string, direction: Direction): string | null {
  const start = nodes.find(({ key }) => key === from);
  if (!start) return nodes[0]?.key ?? null;
  let best: { key: string; cost: number } | null = null;
  for (const node of nodes) {
    const cost = costOf(start, node, direction);
    if (cost !== null && (best === null || cost < best.cost)) best = { key: node.key, cost };
  }
  return best?.key ?? null;
}

function costOf(from: Keyed, to: Keyed, direction: Direction): number | null {
  if (from.key === to.key) return null;
  const [a, b] = [anchor(from), anchor(to)];
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const ahead = { up: -dy, down: dy, left: -dx, right: dx }[direction];
  const aside = direction === "up" || direction === "down" ? Math.abs(dx) : Math.abs(dy);
  return ahead > 1 ? ahead + aside * askew : null;
}

/** Bands are where their name is, at the upper left. */
function anchor({ x, y, width, height }: Box): { x: number; y: number } {
  return { x: x + Math.min(width, 200) / 2, y: y + Math.min(height, 40) / 2 };
}
