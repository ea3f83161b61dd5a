/** Long computations in pieces: what takes half a second at once holds up everybody else in the process. */

/** A computation that may be left for a while wherever it yields. */
export type Pieces<T> = Generator<void, T, void>;

/** Longer than this at a time nobody computes, ms. */
const usualTurnMs = 10;

/** Lets others have a turn each `turnMs`. */
export async function inTurns<T>(pieces: Pieces<T>, turnMs = usualTurnMs): Promise<T> {
  let began = performance.now();
  for (;;) {
    const step = pieces.next();
    if (step.done) return step.value;
    if (performance.now() - began < turnMs) continue;
    await new Promise<void>((resolve) => setImmediate(resolve));
    began = performance.now();
  }
}

/** All of it now. */
export function atOnce<T>(pieces: Pieces<T>): T {
  for (;;) {
    const step = pieces.next();
    if (step.done) return step.value;
  }
}
