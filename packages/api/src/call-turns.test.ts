import { expect, test } from "vitest";
import { makeCallTurns } from "./call-turns.ts";

/** How many of them begin at once. */
async function begun(callers: { sessionId: string; address: string }[], turns = makeCallTurns()) {
  const { promise, resolve } = Promise.withResolvers<void>();
  let inside = 0;
  const work = async () => {
    inside += 1;
    await promise;
  };
  const running = callers.map((caller) => turns.run(caller, work));
  await new Promise(setImmediate);
  const now = inside;
  resolve();
  await Promise.all(running);
  return now;
}

const calls = (sessionId: string, address: string) =>
  Array.from({ length: 6 }, () => ({ sessionId, address }));

test("an ended session takes no turn of its owner's, and only a stranger's", async () => {
  const turns = makeCallTurns();
  for (const session of ["his", "stolen"]) turns.belongs(session, "owner");
  const both = [...calls("stolen", "203.0.113.5"), ...calls("his", "192.0.2.1")];
  expect(await begun(both, turns)).toBe(6);
  turns.belongs("stolen", null);
  expect(await begun(both, turns)).toBe(12);
  turns.belongs("stolen too", "owner");
  turns.belongs("stolen too", null);
  expect(await begun([...calls("stolen", "203.0.113.5"), ...calls("stolen too", "203.0.113.5")], turns)).toBe(
    6,
  );
});

test("who waits outside keeps nobody from his turn, up to as many as a line takes", async () => {
  const turns = makeCallTurns();
  const { promise, resolve } = Promise.withResolvers<void>();
  let waiting = 0;
  const launch = (sessionId: string) =>
    turns.run({ sessionId, address: "192.0.2.1" }, (outside) =>
      outside(async () => {
        waiting += 1;
        await promise;
        waiting -= 1;
      }),
    );
  const flood = Array.from({ length: 40 }, () => launch("one"));
  await new Promise(setImmediate);
  // Twelve outside, and six in their turns.
  expect(waiting).toBe(18);
  const crowd = Array.from({ length: 30 }, (_, person) =>
    Array.from({ length: 10 }, () => launch(`p${person}`)),
  );
  await new Promise(setImmediate);
  expect(waiting).toBe(160 + 24);
  resolve();
  await Promise.all([...flood, ...crowd.flat()]);
  expect(waiting).toBe(0);
  expect(await begun(calls("one", "192.0.2.1"), turns)).toBe(6);
});

test("guessed sessions push out nobody who is known", async () => {
  const turns = makeCallTurns();
  for (const session of ["one", "two"]) turns.belongs(session, "owner");
  for (let guess = 0; guess < 20_000; guess++) turns.belongs(`guess ${guess}`, null);
  expect(await begun([...calls("one", "192.0.2.1"), ...calls("two", "192.0.2.1")], turns)).toBe(6);
});
