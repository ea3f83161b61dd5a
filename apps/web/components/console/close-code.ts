/** Why the relay closed a console's WebSocket; the numbers are the relay's (apps/web/server). */
export type LossReason =
  | "refused"
  | "unreachable"
  | "takenOver"
  | "sessionEnded"
  | "tooMany"
  | "network"
  | "failed";

/** `ended`: the guest's end of the line is gone, as it stopped or restarts. */
export type Ending = { kind: "ended" } | { kind: "lost"; reason: LossReason };

const reasons: Record<number, LossReason> = {
  4001: "refused",
  4002: "unreachable",
  4003: "takenOver",
  4004: "sessionEnded",
  4005: "tooMany",
};

export function endingOf(code: number): Ending {
  if (code === 1000 || code === 4000) return { kind: "ended" };
  return { kind: "lost", reason: reasons[code] ?? "network" };
}

/** Who was pushed out by somebody else must not push back by himself, and who has too many must close one. */
export function reconnectsByItself(reason: LossReason): boolean {
  return reason !== "takenOver" && reason !== "sessionEnded" && reason !== "tooMany";
}
