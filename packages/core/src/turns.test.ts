import { expect, it } from "vitest";
import { atOnce, inTurns, type Pieces } from "./turns.ts";

function* sum(upTo: number, each: () => void = () => {}): Pieces<number> {
  let total = 0;
  for (let number = 1; number <= upTo; number++) {
    total += number;
    each();
    yield;
  }
  return total;
}

it("comes to the same at once and in turns", async () => {
  expect(atOnce(sum(1_000))).toBe(500_500);
  expect(await inTurns(sum(1_000), 0)).toBe(500_500);
});

it("lets others have a turn in between", async () => {
  const heard: string[] = [];
  const computing = inTurns(
    sum(3, () => heard.push("piece")),
    0,
  ).then(() => heard.push("end"));
  setImmediate(() => heard.push("other"));
  await computing;
  expect(heard.indexOf("other")).toBeGreaterThan(0);
  expect(heard.indexOf("other")).toBeLessThan(heard.indexOf("end"));
});

it("throws what the computation throws", async () => {
  const failing = () =>
    sum(2, () => {
      throw new Error("broken");
    });
  expect(() => atOnce(failing())).toThrow("broken");
  await expect(inTurns(failing())).rejects.toThrow("broken");
});
