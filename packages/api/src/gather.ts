/**
 * Work that is cheaper together: while some of it is under way, what comes meanwhile waits and goes together next. Lines
 * by key are served in turn, one of each, so that nobody's hundred fill a batch before somebody else's first is in it.
 */
export type GatherLimits = {
  /** Of one batch. */
  atMost: number;
  /** Batches under way; no two of them hold work of the same key. */
  atOnce: number;
  /** What may wait for one key; more is refused at once. */
  longestLine: number;
  refused: () => Error;
};

/** How the work of one item ended: returns its result, or throws, or promises what it still takes. */
export type Ending<Result> = () => Result | Promise<Result>;

export type Gathering<Item, Result> = {
  /** Rejects with `refused()` when the key's line is too long. */
  run: (key: string, item: Item) => Promise<Result>;
};

type Waiting<Item, Result> = { item: Item; end: (result: Result | Promise<Result>) => void };

/** `work` answers with an ending for each item, in their order. When it rejects, all of them do. */
export function makeGathering<Item, Result>(
  { atMost, atOnce, longestLine, refused }: GatherLimits,
  work: (items: readonly Item[]) => Promise<readonly Ending<Result>[]>,
): Gathering<Item, Result> {
  // A map keeps the order in which keys were put in: it is the order of their turns.
  const lines = new Map<string, Waiting<Item, Result>[]>();
  const busy = new Set<string>();
  let running = 0;

  const take = () => {
    const free = [...lines].filter(([key]) => !busy.has(key));
    const batch: Waiting<Item, Result>[] = [];
    const keys = new Set<string>();
    for (let open = free; open.length > 0 && batch.length < atMost; ) {
      for (const [key, line] of open.slice(0, atMost - batch.length)) {
        const next = line.shift();
        if (next) batch.push(next);
        keys.add(key);
      }
      open = open.filter(([, line]) => line.length > 0);
    }
    for (const key of keys) {
      // To the end of the round, for what is left of its line.
      const line = lines.get(key) ?? [];
      lines.delete(key);
      if (line.length > 0) lines.set(key, line);
    }
    return { batch, keys };
  };
  const serve = () => {
    while (running < atOnce) {
      const { batch, keys } = take();
      if (batch.length === 0) return;
      for (const key of keys) busy.add(key);
      running += 1;
      void together(batch, work).finally(() => {
        for (const key of keys) busy.delete(key);
        running -= 1;
        serve();
      });
    }
  };
  return {
    run: (key, item) => {
      const line = lines.get(key) ?? [];
      if (line.length >= longestLine) return Promise.reject(refused());
      return new Promise((resolve) => {
        line.push({ item, end: resolve });
        lines.set(key, line);
        serve();
      });
    },
  };
}

/** Never rejects: everybody learns of his own ending. */
async function together<Item, Result>(
  batch: readonly Waiting<Item, Result>[],
  work: (items: readonly Item[]) => Promise<readonly Ending<Result>[]>,
): Promise<void> {
  const endings = work(batch.map(({ item }) => item));
  batch.forEach(({ end }, index) => {
    end(endings.then((all) => endingAt(all, index)()));
  });
  await endings.catch(() => {});
}

function endingAt<Result>(endings: readonly Ending<Result>[], index: number): Ending<Result> {
  const ending = endings[index];
  if (!ending) throw new TypeError("work without an ending");
  return ending;
}
