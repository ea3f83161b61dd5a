import { expect, test } from "vitest";
import { makeCoalescing } from "./coalesce.ts";

function lookable(atOnce: number) {
  const looks: { keys: readonly string[]; end: (found: Map<string, number>) => void; fail: () => void }[] =
    [];
  const ask = makeCoalescing<string, number>(atOnce, (keys) => {
    const { promise, resolve, reject } = Promise.withResolvers<Map<string, number>>();
    looks.push({ keys, end: resolve, fail: () => reject(new Error("gone")) });
    return promise;
  });
  return { ask, looks };
}

test("who comes while one is under way goes with all who wait, and sees what came later", async () => {
  const { ask, looks } = lookable(1);
  const first = ask("a");
  const rest = [ask("a"), ask("b"), ask("a"), ask("c")];
  expect(looks.map(({ keys }) => keys)).toEqual([["a"]]);
  looks[0]?.end(new Map([["a", 1]]));
  expect(await first).toBe(1);
  await expect.poll(() => looks.length).toBe(2);
  expect(looks[1]?.keys).toEqual(["a", "b", "c"]);
  looks[1]?.end(new Map(Object.entries({ a: 2, b: 3 })));
  expect(await Promise.all(rest)).toEqual([2, 3, 2, null]);
});

test("a look that fails fails for those in it alone", async () => {
  const { ask, looks } = lookable(2);
  const [one, two, three] = [ask("a"), ask("b"), ask("c")];
  expect(looks.map(({ keys }) => keys)).toEqual([["a"], ["b"]]);
  looks[0]?.fail();
  await expect(one).rejects.toThrow("gone");
  await expect.poll(() => looks.length).toBe(3);
  looks[1]?.end(new Map([["b", 1]]));
  looks[2]?.end(new Map([["c", 2]]));
  expect(await Promise.all([two, three])).toEqual([1, 2]);
});
