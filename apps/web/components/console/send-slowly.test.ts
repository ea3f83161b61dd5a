import { expect, test } from "vitest";
import { sendSlowly } from "./send-slowly.ts";

test("everything in order, with how far it is", async () => {
  const [sent, told]: [string[], number[]] = [[], []];
  const sending = sendSlowly(
    ["a", "b", "c"],
    (part) => sent.push(part) > 0,
    0,
    (done) => told.push(done),
  );
  expect(await sending.ended).toBe("sent");
  expect([sent, told]).toEqual([
    ["a", "b", "c"],
    [1, 2, 3],
  ]);
});

test("nothing more after it was cancelled, or after the line refused", async () => {
  const sent: number[] = [];
  const sending = sendSlowly(
    [1, 2, 3],
    (part) => sent.push(part) > 0,
    0,
    (done) => done === 2 && sending.cancel(),
  );
  expect(await sending.ended).toBe("cancelled");
  expect(sent).toEqual([1, 2]);
  const cut = sendSlowly(
    [1, 2, 3],
    (part) => part < 2,
    0,
    () => undefined,
  );
  expect(await cut.ended).toBe("cut");
  expect(cut.done()).toBe(1);
});
