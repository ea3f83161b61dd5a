/** What the API tells whoever counts: names of closed sets and plain numbers, never ids. */
import type { ErrorCode } from "@madang/core/errors";

/** `ok`, or the code of what it was refused with. */
export type Outcome = ErrorCode | "ok";

export type Meter = {
  called: (procedure: string, outcome: Outcome, seconds: number) => void;
  agentCalled: (procedure: string, outcome: Outcome, seconds: number) => void;
  /** How long the hypervisor had said nothing before this report, by our clock. */
  reported: (silenceSeconds: number) => void;
  /** +1 when one is opened, -1 when it ends. */
  open: (what: "stream" | "poll", change: 1 | -1) => void;
  streamed: (message: string, events: number) => void;
};

const nothing = () => {};

export const silentMeter: Meter = {
  called: nothing,
  agentCalled: nothing,
  reported: nothing,
  open: nothing,
  streamed: nothing,
};
