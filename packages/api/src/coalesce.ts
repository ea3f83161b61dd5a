/**
 * What is asked for at the same moment is asked in one: who comes while `atOnce` looks are under way waits for the next,
 * which takes all who wait. Everybody sees what was so after he asked. `look` answers by key; what it leaves out is null.
 */
export function makeCoalescing<Key, Value>(
  atOnce: number,
  look: (keys: readonly Key[]) => Promise<ReadonlyMap<Key, Value>>,
): (key: Key) => Promise<Value | null> {
  let waiting: { key: Key; end: (looked: Promise<Value | null>) => void }[] = [];
  let running = 0;
  const serve = () => {
    if (running >= atOnce || waiting.length === 0) return;
    const taken = waiting;
    waiting = [];
    running += 1;
    const looked = look([...new Set(taken.map(({ key }) => key))]);
    for (const { key, end } of taken) end(looked.then((found) => found.get(key) ?? null));
    const next = () => {
      running -= 1;
      serve();
    };
    looked.then(next, next);
  };
  return (key) =>
    new Promise((resolve) => {
      waiting.push({ key, end: resolve });
      serve();
    });
}
