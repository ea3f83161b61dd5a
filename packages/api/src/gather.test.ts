import fc from "fast-check";
import { expect, test } from "vitest";
import { makeGathering } from "./gather.ts";

const refused = () => new Error("refused");
const limits = { atMost: 4, atOnce: 1, longestLine: 1_000, refused };

/** Work that says what it was given, and goes on when it is told to. */
function gathered(over: Partial<typeof limits> = {}) {
  const batches: string[][] = [];
  const held: (() => void)[] = [];
  const { run } = makeGathering<string, string>({ ...limits, ...over }, async (items) => {
    batches.push([...items]);
    await new Promise<void>((go) => held.push(go));
    return items.map((item) => () => `${item}!`);
  });
  const goOn = async () => {
    held.shift()?.();
    await new Promise(setImmediate);
  };
  return { run, batches, goOn };
}

test("what comes while some is under way goes together next, in its order", async () => {
  const { run, batches, goOn } = gathered();
  const all = ["a", "b", "c", "d", "e", "f"].map((item) => run("one", item));
  expect(batches).toEqual([["a"]]);
  await goOn();
  expect(batches).toEqual([["a"], ["b", "c", "d", "e"]]);
  await goOn();
  await goOn();
  expect(await Promise.all(all)).toEqual(["a!", "b!", "c!", "d!", "e!", "f!"]);
});

test("somebody else's first goes with the next batch, whatever waits", async () => {
  const { run, batches, goOn } = gathered();
  const all = ["1", "2", "3", "4", "5", "6"].map((item) => run("flood", item));
  all.push(run("somebody", "x"));
  await goOn();
  expect(batches[1]).toEqual(["2", "x", "3", "4"]);
  await goOn();
  await goOn();
  await Promise.all(all);
});

test("two batches at once never hold the same key", async () => {
  const { run, batches, goOn } = gathered({ atOnce: 2 });
  const all = [run("one", "1"), run("one", "2"), run("other", "x")];
  expect(batches).toEqual([["1"], ["x"]]);
  await goOn();
  expect(batches).toEqual([["1"], ["x"], ["2"]]);
  await goOn();
  await goOn();
  await Promise.all(all);
});

test("one's refusal is his alone; a failed batch is everybody's in it, and the next goes on", async () => {
  let round = 0;
  const { run } = makeGathering<number, number>(limits, async (items) => {
    round += 1;
    if (round === 2) throw new Error("lost");
    return items.map((item) => () => {
      if (item < 0) throw new Error("no");
      return item;
    });
  });
  const settled = await Promise.allSettled([1, 2, 3, 4, 5, -6, 7].map((item) => run("one", item)));
  const words = settled.map((one) => (one.status === "fulfilled" ? one.value : String(one.reason.message)));
  expect(words).toEqual([1, "lost", "lost", "lost", "lost", "no", 7]);
});

test("a line that is too long is refused at once, and only that one", async () => {
  const { run, goOn } = gathered({ longestLine: 2 });
  const all = [run("flood", "1"), run("flood", "2"), run("flood", "3")];
  await expect(run("flood", "4")).rejects.toThrow("refused");
  all.push(run("somebody", "x"));
  await goOn();
  await goOn();
  expect(await Promise.all(all)).toEqual(["1!", "2!", "3!", "x!"]);
});

test("everybody is served once, in the order of his key, in batches no larger than allowed", async () => {
  const order = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(order, fc.integer({ min: 1, max: 3 }), async (keys, atOnce) => {
      const seen: string[] = [];
      const { run } = makeGathering<string, string>({ ...limits, atOnce }, async (items) => {
        expect(items.length).toBeLessThanOrEqual(limits.atMost);
        seen.push(...items);
        await new Promise(setImmediate);
        return items.map((item) => () => item);
      });
      const items = keys.map((key, index) => ({ key, name: `${key}${index}` }));
      const answers = await Promise.all(items.map(({ key, name }) => run(key, name)));
      expect(answers).toEqual(items.map(({ name }) => name));
      for (const key of ["a", "b", "c"])
        expect(seen.filter((name) => name.startsWith(key))).toEqual(
          answers.filter((name) => name.startsWith(key)),
        );
      expect(seen).toHaveLength(keys.length);
    }),
    { numRuns: 50 },
  );
});
