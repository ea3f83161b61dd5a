import { expect, test } from "vitest";
import { watchControl } from "./control-watch.ts";

type Answer = { resolve: (ids: ReadonlySet<string>) => void; reject: (error: Error) => void };

function watched() {
  const clock = { ms: 0 };
  const typing = new Set<string>();
  const viewer = (id: string) => ({
    setControl: (inControl: boolean) => void (inControl ? typing.add(id) : typing.delete(id)),
  });
  const questions: Answer[] = [];
  const ask = () =>
    new Promise<ReadonlySet<string>>((resolve, reject) => questions.push({ resolve, reject }));
  const viewers = new Map(["a", "b"].map((id) => [id, viewer(id)]));
  return { clock, typing, questions, watch: watchControl(viewers, ask, () => clock.ms) };
}

async function inControl() {
  const made = watched();
  const looked = made.watch.look();
  made.questions[0]?.resolve(new Set(["a"]));
  await looked;
  expect([...made.typing]).toEqual(["a"]);
  return made;
}

test("control ends with its lease when the database answers no more, and comes back with a fresh answer", async () => {
  const { clock, typing, questions, watch } = await inControl();
  const unanswered = watch.look();
  clock.ms = 3_000;
  watch.lapse();
  expect([...typing]).toEqual(["a"]);
  clock.ms = 3_001;
  watch.lapse();
  expect([...typing]).toEqual([]);
  // What was asked long ago says nothing of now.
  questions[1]?.resolve(new Set(["a"]));
  await unanswered;
  expect([...typing]).toEqual([]);
  const fresh = watch.look();
  questions[2]?.resolve(new Set(["b"]));
  await fresh;
  expect([...typing]).toEqual(["b"]);
});

test("a failed look prolongs nothing", async () => {
  const { clock, typing, questions, watch } = await inControl();
  clock.ms = 2_500;
  const failed = watch.look();
  questions[1]?.reject(new Error("no database"));
  await expect(failed).rejects.toThrow("no database");
  clock.ms = 3_001;
  watch.lapse();
  expect([...typing]).toEqual([]);
});

test("one question waits at a time, and all who came meanwhile share the one after it", async () => {
  const { questions, watch } = watched();
  const first = watch.look();
  const later = Array.from({ length: 100 }, () => watch.look());
  expect(questions).toHaveLength(1);
  questions[0]?.resolve(new Set());
  await first;
  await expect.poll(() => questions.length).toBe(2);
  questions[1]?.resolve(new Set());
  await Promise.all(later);
  expect(questions).toHaveLength(2);
});
