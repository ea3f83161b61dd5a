/** How a bulk action is, from how its parts are. Pure. */
export type PartCounts = { open: number; succeeded: number; failed: number; cancelled: number };

export type WholeState = "running" | "succeeded" | "failed" | "cancelled";

/** `percent` 0…100: of the parts that have ended. Nothing is open: it has ended, failed if any part did. */
export function wholeOf({ open, succeeded, failed, cancelled }: PartCounts): {
  state: WholeState;
  percent: number;
} {
  const ended = succeeded + failed + cancelled;
  const percent = open === 0 ? 100 : Math.floor((ended * 100) / (ended + open));
  if (open > 0) return { state: "running", percent };
  if (failed > 0) return { state: "failed", percent };
  return { state: cancelled > 0 ? "cancelled" : "succeeded", percent };
}
