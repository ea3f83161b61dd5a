/** Hands each hint that the process hears to whoever in it waits for that topic. */
import type { HintTopic } from "@madang/db";

export type HintBus = {
  emit: (topic: HintTopic | "*") => void;
  /** Answers the function that ends it. "*" (anything may have been missed) reaches everybody. */
  on: (topic: string, listener: (topic: string) => void) => () => void;
};

export function makeHintBus(): HintBus {
  const listeners = new Map<string, Set<(topic: string) => void>>();
  const tell = (set: Iterable<(topic: string) => void> | undefined, topic: string) => {
    for (const listener of [...(set ?? [])]) listener(topic);
  };
  return {
    emit: (topic) => {
      if (topic !== "*") {
        const [family = topic] = topic.split(":");
        tell(listeners.get(topic), topic);
        return family === topic ? undefined : tell(listeners.get(`${family}:*`), topic);
      }
      for (const set of listeners.values()) tell(set, topic);
    },
    on: (topic, listener) => {
      const set = listeners.get(topic) ?? new Set();
      listeners.set(topic, set.add(listener));
      return () => {
        set.delete(listener);
        if (set.size === 0 && listeners.get(topic) === set) listeners.delete(topic);
      };
    },
  };
}

/** Resolves at the next hint for the topic, after `ms`, or when the signal ends; it never rejects. */
export function nextHint(bus: HintBus, topic: string, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      off();
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const off = bus.on(topic, done);
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", done);
    if (signal?.aborted) done();
  });
}
