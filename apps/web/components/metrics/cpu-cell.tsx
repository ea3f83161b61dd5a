"use client";

import { Sparkline } from "./sparkline.tsx";
import { useSparklines } from "./use-sparklines.ts";

/** Asks for its whole group at once, which all cells of the group share; groups that nobody looks at are not asked for. */
export function CpuCell({
  projectId,
  id,
  group,
}: {
  projectId: string;
  id: string;
  group: readonly string[];
}) {
  const lines = useSparklines(projectId, group);
  return <Sparkline values={lines?.[id]} />;
}
