import fc from "fast-check";
import { expect, test } from "vitest";
import { makeTurns } from "./turns.ts";

const refused = () => new Error("refused");
const limits = { atOnce: 2, atOncePerKey: 1, longestLine: 1_000, refused };

/** Work that ends when it is told to. */
function task() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { work: () => promise, end: resolve };
}

test("one key's thousand wait behind each other, not in front of somebody else's first", async () => {
  const turns = makeTurns({ ...limits, atOnce: 1 });
  const done: string[] = [];
  const say = (key: string) => turns.run(key, async () => void done.push(key));
  await Promise.all([...Array.from({ length: 1_000 }, () => say("flood")), say("somebody")]);
  expect(done).toHaveLength(1_001);
  expect(done.indexOf("somebody")).toBeLessThan(3);
});

test("a line that is too long is refused at once, and only that one", async () => {
  const turns = makeTurns({ ...limits, longestLine: 2 });
  const { work, end } = task();
  const inside = [1, 2, 3].map(() => turns.run("flood", work));
  await expect(turns.run("flood", work)).rejects.toThrow("refused");
  expect(await turns.run("somebody", async () => "served")).toBe("served");
  end();
  await Promise.all(inside);
  expect(await turns.run("flood", async () => "served again")).toBe("served again");
});

test("never more at once than allowed, whatever fails, and nobody is forgotten", async () => {
  const order = fc.array(fc.record({ key: fc.constantFrom("a", "b", "c"), fails: fc.boolean() }), {
    maxLength: 60,
  });
  await fc.assert(
    fc.asyncProperty(
      order,
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 3 }),
      async (all, atOnce, each) => {
        const turns = makeTurns({ ...limits, atOnce, atOncePerKey: each });
        const inside = new Map<string, number>();
        const total = () => [...inside.values()].reduce((sum, count) => sum + count, 0);
        const results = await Promise.allSettled(
          all.map(({ key, fails }) =>
            turns.run(key, async () => {
              inside.set(key, (inside.get(key) ?? 0) + 1);
              expect(inside.get(key)).toBeLessThanOrEqual(each);
              expect(total()).toBeLessThanOrEqual(atOnce);
              await Promise.resolve();
              inside.set(key, (inside.get(key) ?? 0) - 1);
              if (fails) throw new Error("on purpose");
            }),
          ),
        );
        const failed = results.filter(({ status }) => status === "rejected").length;
        expect(failed).toBe(all.filter(({ fails }) => fails).length);
      },
    ),
    { numRuns: 200 },
  );
});
