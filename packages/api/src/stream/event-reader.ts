/**
 * One reader of the trail a process, however many streams are open: on a hint or every second it reads what came after
 * its cursor, without gaps, and hands it on in order.
 */
import { type Database, latestEventCursor, readEventsAfter, type StoredEvent } from "@madang/db";
import { type HintBus, nextHint } from "../hint-bus.ts";
import { isAfter } from "./cursor.ts";

/** A resource that changed without anything worth an event (progress, say): a hint only, lost ones are never made up for. */
export type Touched = { projectId: string; kind: string; id: string };

export type Listener = {
  onEvents: (events: StoredEvent[], cursor: string) => void;
  onTouched: (touched: Touched) => void;
  /** The trail can't be read, or can again: what is on screen may be old. */
  onStalled: (stalled: boolean) => void;
};

export type EventReader = {
  /** Hears every event after the cursor that is answered. Waits until the reader runs. */
  subscribe: (listener: Listener) => Promise<{ cursor: string; off: () => void }>;
  /** Since when it has not known that it had read everything there was, ms; about `everyMs` when all is well. */
  lagMs: () => number;
  close: () => Promise<void>;
};

const everyMs = 1_000;
const batch = 500;
/** Behind for longer than this, and browsers are told that what they see may be old. */
const stalledAfterMs = 4_000;

export function openEventReader(database: Database, bus: HintBus): EventReader {
  const ending = new AbortController();
  const listeners = new Set<Listener>();
  let cursor: string | null = null;
  let caughtUpAt = performance.now();
  let stalled = false;
  let failed = false;
  const lagMs = () => performance.now() - caughtUpAt;
  const judge = () => {
    const now = lagMs() > stalledAfterMs;
    if (now === stalled) return;
    stalled = now;
    for (const listener of listeners) listener.onStalled(stalled);
  };
  const watch = setInterval(judge, everyMs);
  /**
   * A crashed server may have lost the last moment of what agents reported, and gives the lost numbers out again: what is
   * told with one of those would pass unseen, so whoever watches reads everything anew.
   */
  const goBack = async () => {
    const latest = await latestEventCursor(database.pool);
    if (cursor !== null && isAfter(cursor, latest)) cursor = latest;
  };
  const recovered = () => {
    if (failed && !stalled) for (const listener of listeners) listener.onStalled(false);
    failed = false;
  };
  const readOnce = async () => {
    if (failed) await goBack();
    cursor ??= await latestEventCursor(database.pool);
    const events = await readEventsAfter(database.pool, cursor, batch);
    recovered();
    const last = events.at(-1);
    if (last) {
      cursor = last.cursor;
      for (const listener of listeners) listener.onEvents(events, cursor);
    }
    if (events.length === batch) return true;
    caughtUpAt = performance.now();
    judge();
    return false;
  };
  const run = async () => {
    while (!ending.signal.aborted) {
      const hint = nextHint(bus, "event", everyMs, ending.signal);
      const more = await readOnce().catch(() => {
        failed = true;
        return false;
      });
      if (!more) await hint;
    }
  };
  const running = run();
  const offTouched = bus.on("touched:*", (topic) => {
    const [, projectId, kind, id] = topic.split(":");
    if (projectId && kind && id)
      for (const listener of listeners) listener.onTouched({ projectId, kind, id });
  });
  const subscribe = async (listener: Listener) => {
    cursor ??= await latestEventCursor(database.pool);
    listeners.add(listener);
    if (stalled) listener.onStalled(true);
    return { cursor, off: () => listeners.delete(listener) };
  };
  const close = async () => {
    offTouched();
    clearInterval(watch);
    ending.abort();
    await running;
  };
  return { subscribe, lagMs, close };
}
