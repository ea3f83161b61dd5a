import { expect, test } from "vitest";
import { endedSince, seenNow } from "./ended.ts";

const at = (second: number) => new Date(second * 1_000);
const running = (id: string, second: number) => ({ id, createdAt: at(second), finishedAt: null });
const over = (id: string, second: number) => ({ id, createdAt: at(second), finishedAt: at(second + 1) });
const ids = (items: readonly { id: string }[]) => items.map(({ id }) => id);

test("what was over before the first look is none", () => {
  expect(endedSince([over("a", 1)], null)).toEqual([]);
});

test("one that ran and runs no more is told once", () => {
  const first = seenNow([running("a", 1)], null);
  expect(ids(endedSince([over("a", 1)], first))).toEqual(["a"]);
  expect(endedSince([over("a", 1)], seenNow([over("a", 1)], first))).toEqual([]);
});

test("one begun and over between two looks is told", () => {
  const first = seenNow([running("a", 1)], null);
  expect(ids(endedSince([over("b", 2), running("a", 1)], first))).toEqual(["b"]);
  expect(ids(endedSince([over("b", 2)], seenNow([], null)))).toEqual(["b"]);
});

test("an old one that comes up again because newer ones went away is not told", () => {
  const first = seenNow([over("c", 3), over("b", 2)], null);
  expect(endedSince([over("b", 2), over("a", 1)], first)).toEqual([]);
});

test("one that others pushed off the page and that comes back is still known", () => {
  const first = seenNow([over("a", 1)], null);
  const second = seenNow([over("b", 2)], first);
  expect(endedSince([over("b", 2), over("a", 1)], second)).toEqual([]);
});
