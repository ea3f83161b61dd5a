/** Sends parts one after the other with a pause between, so that a guest keeps up. */
export type Sending = {
  done: () => number;
  cancel: () => void;
  ended: Promise<"sent" | "cancelled" | "cut">;
};

/** `send` answers whether it could: false ends it. `pauseMs` is after each part. */
export function sendSlowly<Part>(
  parts: readonly Part[],
  send: (part: Part) => boolean,
  pauseMs: number,
  onProgress: (done: number) => void,
): Sending {
  let done = 0;
  let cancelled = false;
  const run = async () => {
    for (const part of parts) {
      if (cancelled) return "cancelled" as const;
      if (!send(part)) return "cut" as const;
      done += 1;
      onProgress(done);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    return "sent" as const;
  };
  return {
    done: () => done,
    cancel: () => {
      cancelled = true;
    },
    ended: run(),
  };
}
