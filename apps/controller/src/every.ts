/** Work that is done at start, then again and again: one round at a time, a fault only logged. */
import type { Logger } from "pino";

export type Every = {
  /** Do it now, or once more right after the round that is under way. */
  soon: () => void;
  stop: () => Promise<void>;
};

export function every(log: Logger, name: string, periodMs: number, work: () => Promise<void>): Every {
  let timer: NodeJS.Timeout | null = null;
  let running: Promise<void> | null = null;
  let wanted = false;
  let ended = false;

  const round = async () => {
    do {
      wanted = false;
      await work().catch((error) => log.error({ err: error, round: name }, "round failed"));
    } while (wanted && !ended);
    running = null;
    if (!ended) timer = setTimeout(soon, periodMs);
  };
  const soon = () => {
    if (ended) return;
    wanted = true;
    if (timer) clearTimeout(timer);
    running ??= round();
  };
  soon();
  return {
    soon,
    stop: async () => {
      ended = true;
      if (timer) clearTimeout(timer);
      await running;
    },
  };
}
