/**
 * Work done a few at a time, in lines by key that are served in turn: whoever brings a thousand pieces of work waits
 * behind his own, never in front of somebody else's first.
 */
export type TurnLimits = {
  /** Over all keys. */
  atOnce: number;
  atOncePerKey: number;
  /** What may wait for one key; more is refused at once. */
  longestLine: number;
  refused: () => Error;
};

export type Turns = {
  /** Rejects with `refused()` when the key's line is too long. `leave`: what the work does from now on takes no turn. */
  run: <T>(key: string, work: (leave: () => void) => Promise<T>) => Promise<T>;
};

type Line = { waiting: (() => void)[]; running: number };

export function makeTurns({ atOnce, atOncePerKey, longestLine, refused }: TurnLimits): Turns {
  // A map keeps the order in which keys were put in: the first that may run is the one whose turn it is.
  const lines = new Map<string, Line>();
  let running = 0;

  const serve = () => {
    for (const [key, line] of lines) {
      if (running >= atOnce) return;
      if (line.running >= atOncePerKey) continue;
      const start = line.waiting.shift();
      if (!start) continue;
      running += 1;
      line.running += 1;
      // To the end of the round.
      lines.delete(key);
      lines.set(key, line);
      start();
    }
  };
  const leave = (key: string, line: Line) => {
    running -= 1;
    line.running -= 1;
    if (line.running === 0 && line.waiting.length === 0) lines.delete(key);
    serve();
  };
  return {
    run: async (key, work) => {
      const line = lines.get(key) ?? { waiting: [], running: 0 };
      if (line.waiting.length >= longestLine) throw refused();
      lines.set(key, line);
      await new Promise<void>((start) => {
        line.waiting.push(start);
        serve();
      });
      let inside = true;
      const leaveOnce = () => {
        if (inside) leave(key, line);
        inside = false;
      };
      try {
        return await work(leaveOnce);
      } finally {
        leaveOnce();
      }
    },
  };
}
